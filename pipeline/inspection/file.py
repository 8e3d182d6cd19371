"""Looks at one file on disk and says what it is: no network, no database, and no exception for any bytes."""

import os
import warnings
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final

from pipeline.inspection.images import inspect_image
from pipeline.inspection.pdf import inspect_pdf
from pipeline.inspection.renditions import Contents
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import FileRules, judge_size, judge_type, verdict
from pipeline.inspection.sniff import PDF, Kind, sniff

_BLOCK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Intake:
    """A file as read: never more than one byte beyond the limit."""

    size: int
    sha256: str
    data: bytes


def inspect_file(
    path: Path, *, rules: FileRules, declared_type: str | None = None, filename: str | None = None
) -> FileReport:
    """Report on the file at `path`; the same bytes and rules give the same report. Raises OSError for the path only.

    In order: size, type, then the contents; each step's findings are all kept. The contents are not opened when an
    earlier step found an error, for then it would not be safe.
    """
    intake = _read(path, rules.max_bytes)
    kind = sniff(intake.data)
    findings = judge_size(intake.size, rules)
    if intake.data:
        findings += judge_type(kind, rules, declared_type=declared_type, filename=filename)
    contents = _open(intake.data, kind, rules) if verdict(findings) else Contents()
    findings += contents.findings
    return FileReport(
        size=intake.size,
        sha256=intake.sha256,
        media_type=kind.media_type,
        width=contents.width,
        height=contents.height,
        pages=contents.pages,
        findings=tuple(findings),
        renditions=tuple(contents.renditions) if verdict(findings) else (),
        texts=tuple(contents.texts),
        exif=contents.exif,
    )


def _read(path: Path, max_bytes: int) -> _Intake:
    """Read the file once, hashed on the way; what is beyond the limit is hashed and let go."""
    with path.open("rb") as file:
        data = file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
        digest, size = sha256(data), len(data)
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return _Intake(size, digest.hexdigest(), data)


def _open(data: bytes, kind: Kind, rules: FileRules) -> Contents:
    with _quiet:
        if kind == PDF:
            return inspect_pdf(data, rules)
        return inspect_image(data, kind.media_type or "", rules)


class _Quiet:
    """Decoders warn about files, not about us, and a verdict must not depend on how a process treats warnings.

    Python's own filter is shared by all threads, so it is set by the first one to enter and put back by the last.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._filters = warnings.catch_warnings(action="ignore")
                self._filters.__enter__()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


_quiet: Final = _Quiet()
