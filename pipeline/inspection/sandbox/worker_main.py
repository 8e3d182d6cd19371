"""The life of a child: confined at once, then one file after another, until its parent is gone or it is ended."""

import os
import socket
from typing import Final

from pipeline.inspection.sandbox import framing, reply
from pipeline.inspection.sandbox.confine import allow_processor_time, confine, tie_to
from pipeline.inspection.sandbox.limits import Limits
from pipeline.inspection.sandbox.memory import Memory
from pipeline.inspection.sandbox.request import Request
from pipeline.inspection.sandbox.terms import Look, Terms

_LONGEST_REQUEST: Final = 1024 * 1024


def live(link: socket.socket, *, parent: int, terms: Terms, look: Look, alone: bool) -> None:
    """Answer requests until the parent hangs up. `alone` says that there is no network already. Ends the process."""
    try:
        tie_to(parent)
        memory = Memory()
        protections = confine(terms.limits) + (["network"] if alone else [])
        framing.write(link, reply.to_json(reply.Greeting(kind="ready", protections=tuple(protections))))
        while _answer(link, _next(link), look, memory, terms.limits):
            pass
    finally:
        os._exit(0)  # nothing of the zygote, whose memory this is a copy of, may go on in here


def _next(link: socket.socket) -> Request:
    return Request.model_validate_json(framing.receive(link, most=_LONGEST_REQUEST))


def _answer(link: socket.socket, request: Request, look: Look, memory: Memory, limits: Limits) -> bool:
    """Look at one file; False when this child had better not look at another."""
    try:
        memory.begin()
        allow_processor_time(limits.cpu_seconds)
        report, signals = look(
            request.place,
            rules=request.rules,
            declared_type=request.declared_type,
            filename=request.filename,
            with_signals=request.with_signals,
        )
        peak, kept = memory.measure()
        frame, bodies = reply.encode(report, signals, peak_mib=peak, rss_mib=kept)
    except Exception as error:  # noqa: BLE001  # whatever went wrong here, the parent judges it as this child's death
        framing.write(link, reply.to_json(reply.Failure(kind="failure", reason=type(error).__name__)))
        return False
    framing.write(link, frame, bodies)
    return True
