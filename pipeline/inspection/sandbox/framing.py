"""What goes over the socket between a child and its parent: a length in four bytes, then that many bytes."""

import os
import socket
import struct
import time
from collections.abc import Sequence
from typing import Final

_LENGTH: Final = struct.Struct(">I")


class FrameTooLong(ValueError):
    """The length that was announced is beyond what the reader takes."""


class NoFile(ValueError):
    """A frame came without the file that belongs to it, or with several."""


def write(link: socket.socket, frame: bytes, bodies: Sequence[bytes] = ()) -> None:
    """Send a frame, and after it the bytes of `bodies` as they are; the frame says their lengths."""
    link.sendall(_LENGTH.pack(len(frame)) + frame)
    for body in bodies:
        link.sendall(body)


def send_with_file(link: socket.socket, frame: bytes, file: int) -> None:
    """Send a frame and, with its first byte, this open file."""
    whole = _LENGTH.pack(len(frame)) + frame
    sent = socket.send_fds(link, [whole], [file])
    link.sendall(whole[sent:])


def receive_with_file(link: socket.socket, *, most: int) -> tuple[bytes, int]:
    """The next frame and the open file that came with it, which is the caller's to close. Raises as `receive` does, and NoFile."""
    start, files, _, _ = socket.recv_fds(link, _LENGTH.size, 1)
    if not start:
        raise EOFError("the other side is gone")
    if len(files) != 1:
        for each in files:
            os.close(each)
        raise NoFile(f"{len(files)} files came with a frame")
    (length,) = _LENGTH.unpack(start + receive_exactly(link, _LENGTH.size - len(start)))
    if length > most:
        raise FrameTooLong(f"{length} bytes announced, {most} allowed")
    return receive_exactly(link, length), files[0]


def receive(link: socket.socket, *, most: int, deadline: float | None = None) -> bytes:
    """The next frame. Raises FrameTooLong, EOFError when the other side is gone, TimeoutError at the deadline (monotonic)."""
    (length,) = _LENGTH.unpack(receive_exactly(link, _LENGTH.size, deadline=deadline))
    if length > most:
        raise FrameTooLong(f"{length} bytes announced, {most} allowed")
    return receive_exactly(link, length, deadline=deadline)


def receive_exactly(link: socket.socket, length: int, *, deadline: float | None = None) -> bytes:
    """So many bytes. Raises as `receive` does. Without a deadline the link waits as it was told to before."""
    buffer = bytearray(length)
    view, at = memoryview(buffer), 0
    while at < length:
        if deadline is not None:
            link.settimeout(_remaining(deadline))
        got = link.recv_into(view[at:])
        if got == 0:
            raise EOFError("the other side is gone")
        at += got
    return bytes(buffer)


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time is up")
    return seconds
