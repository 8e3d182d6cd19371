import io
import warnings
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from pipeline.inspection.images import inspect_image
from pipeline.inspection.pdf import inspect_pdf
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import judge_size, judge_type
from pipeline.inspection.sniff import PDF, sniff
from pipeline.policy.files import FileLimits


def inspect_file(
    path: Path, *, limits: FileLimits, declared_type: str | None = None, filename: str | None = None
) -> FileReport:
    """Report on the file at `path`, as `inspect_open_file` does. Raises OSError for the path only."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
        return inspect_open_file(file, sha256=digest, limits=limits, declared_type=declared_type, filename=filename)


def inspect_open_file(
    file: BinaryIO, *, sha256: str, limits: FileLimits, declared_type: str | None = None, filename: str | None = None
) -> FileReport:
    """Report on the file with this digest; the same bytes and limits give the same report. Nothing else is opened.

    In order: size, type, then the contents; each step's findings are all kept. The contents are not opened when an
    earlier step found an error, for then it would not be safe.
    """
    data, report = _read(file, sha256, limits.max_bytes)
    kind = sniff(data)
    report = replace(report, media_type=kind.media_type).with_findings(*judge_size(report.size, limits))
    if data:
        claims = judge_type(kind, limits, declared_type=declared_type, filename=filename)
        report = report.with_findings(*claims)
    if report.accepted:
        report = _open(data, report, limits)
    return report if report.accepted else replace(report, renditions=())


def _read(file: BinaryIO, sha256: str, max_bytes: int) -> tuple[bytes, FileReport]:
    """What the file holds; of one that is too large, no more than shows that."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return file.read(min(size, max_bytes) + 1), FileReport(size, sha256)


def _open(data: bytes, report: FileReport, limits: FileLimits) -> FileReport:
    if report.media_type == PDF.media_type:
        return inspect_pdf(data, report, limits)
    # Decoders warn about files, not about us, and a verdict must not depend on how a process treats warnings. The filter belongs
    # to the whole process: pictures are inspected one at a time in each.
    with warnings.catch_warnings(action="ignore"):
        return inspect_image(data, report, limits)
