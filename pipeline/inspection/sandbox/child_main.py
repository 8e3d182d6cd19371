import os
import socket
from typing import Final

from pipeline.inspection.sandbox import framing, reply
from pipeline.inspection.sandbox.confine import allow_processor_time, confine, tie_to
from pipeline.inspection.sandbox.memory import Memory
from pipeline.inspection.sandbox.request import Examine, Request, Terms

_LONGEST_REQUEST: Final = 1024 * 1024


def live(link: socket.socket, terms: Terms, examine: Examine, *, parent: int, without_network: bool) -> None:
    """Answer requests until the parent hangs up. Ends the process. `without_network` is what the fork server has achieved."""
    try:
        tie_to(parent)
        memory = Memory()
        protections = confine(terms.limits) + (["network"] if without_network else [])
        framing.write(link, reply.to_json(reply.Greeting(kind="ready", protections=tuple(protections))))
        while _answer(link, _next(link), terms, examine, memory):
            pass
    finally:
        os._exit(0)  # nothing of the fork server, whose memory this is a copy of, may go on in here


def _next(link: socket.socket) -> Request:
    return Request.model_validate_json(framing.receive(link, most=_LONGEST_REQUEST))


def _answer(link: socket.socket, request: Request, terms: Terms, examine: Examine, memory: Memory) -> bool:
    """Examine one file; False after an error: then this child ends."""
    try:
        memory.begin()
        allow_processor_time(terms.limits.cpu_seconds)
        report, signals = examine(
            request.file,
            limits=request.limits,
            declared_type=request.declared_type,
            filename=request.filename,
            with_signals=request.with_signals,
        )
        peak, kept = memory.measure()
        frame, bodies = reply.encode(report, signals, peak_mib=peak, rss_mib=kept)
    except Exception as error:  # noqa: BLE001  # whatever went wrong here, the parent treats it as this child's death
        framing.write(link, reply.to_json(reply.Failure(kind="failure", reason=type(error).__name__)))
        return False
    framing.write(link, frame, bodies)
    return True
