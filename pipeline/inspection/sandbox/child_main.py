import os
import socket
from collections.abc import Callable
from typing import BinaryIO, Final

from pipeline.inspection.confinement.confine import PROTECTIONS, allow_processor_time, confine, keep_open, tie_to
from pipeline.inspection.sandbox import framing, reply
from pipeline.inspection.sandbox.memory import Memory
from pipeline.inspection.sandbox.request import Blackening, Inspection, Request, Terms, Work, parse_request

DECODERS_FAIL: Final = "decoders_fail_when_confined"
_LONGEST_REQUEST: Final = 1024 * 1024


def live(
    link: socket.socket,
    terms: Terms,
    work: Work,
    *,
    parent: int,
    network: str,
    works: Callable[[], bool] = lambda: True,
) -> None:
    """Answer requests until the parent hangs up. Ends the process.

    `network` is why the fork server has one, else "". `works` says whether the decoders work as they did before.
    """
    try:
        tie_to(parent)
        link.settimeout(None)
        memory = Memory()
        keep_open({link.fileno(), *memory.descriptors})
        missing = {**confine(terms.limits), **({"network": network} if network else {})}
        if not works():
            framing.write(link, reply.to_json(reply.Failure(kind="failure", reason=DECODERS_FAIL)))
            return
        protections = tuple(each for each in PROTECTIONS if each not in missing)
        framing.write(link, reply.to_json(reply.Greeting(kind="ready", protections=protections, missing=missing)))
        while _answer(link, terms, work, memory):
            pass
    finally:
        os._exit(0)  # nothing of the fork server, whose memory this is a copy of, may go on in here


def _answer(link: socket.socket, terms: Terms, work: Work, memory: Memory) -> bool:
    """Do what is asked with one file; False after an error: then this child ends."""
    frame, descriptor = framing.receive_with_file(link, most=_LONGEST_REQUEST)
    try:
        memory.begin()
        allow_processor_time(terms.limits.cpu_seconds)
        with open(descriptor, "rb") as file:  # noqa: PTH123  # it has no path
            file.seek(0)  # an earlier child may have read it
            header, bodies = _done(parse_request(frame), file, work, memory)
    except Exception as error:  # noqa: BLE001  # whatever went wrong here, the parent treats it as this child's death
        framing.write(link, reply.to_json(reply.Failure(kind="failure", reason=type(error).__name__)))
        return False
    framing.write(link, header, bodies)
    return True


def _done(request: Request, file: BinaryIO, work: Work, memory: Memory) -> tuple[bytes, list[bytes]]:
    match request:
        case Inspection():
            report, signals = work(file, **{name: getattr(request, name) for name in _ASKED})
            peak, kept = memory.measure()
            return reply.encode(report, signals, peak_mib=peak, rss_mib=kept)
        case Blackening():
            body = work(file.read(), request.boxes, quality=request.quality)
            peak, kept = memory.measure()
            picture = reply.Picture(kind="picture", length=len(body), peak_rss_mib=peak, rss_mib=kept)
            return reply.to_json(picture), [body]


_ASKED: Final = ("sha256", "limits", "declared_type", "filename", "with_signals")
