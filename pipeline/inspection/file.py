import os
import warnings
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from pipeline.inspection.images import inspect_image
from pipeline.inspection.pdf import inspect_pdf
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import judge_size, judge_type
from pipeline.inspection.sniff import PDF, sniff
from pipeline.policy.files import FileLimits

_BLOCK: Final = 1024 * 1024


def inspect_file(
    path: Path, *, limits: FileLimits, declared_type: str | None = None, filename: str | None = None
) -> FileReport:
    """Report on the file at `path`; the same bytes and limits give the same report. Raises OSError for the path only.

    In order: size, type, then the contents; each step's findings are all kept. The contents are not opened when an
    earlier step found an error, for then it would not be safe.
    """
    data, report = _read(path, limits.max_bytes)
    kind = sniff(data)
    report = replace(report, media_type=kind.media_type).with_findings(*judge_size(report.size, limits))
    if data:
        claims = judge_type(kind, limits, declared_type=declared_type, filename=filename)
        report = report.with_findings(*claims)
    if report.accepted:
        report = _open(data, report, limits)
    return report if report.accepted else replace(report, renditions=())


def _read(path: Path, max_bytes: int) -> tuple[bytes, FileReport]:
    """Read the file once, hashed on the way; what is more than one byte beyond the limit is hashed and not kept."""
    with path.open("rb") as file:
        data = file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
        digest, size = sha256(data), len(data)
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return data, FileReport(size, digest.hexdigest())


def _open(data: bytes, report: FileReport, limits: FileLimits) -> FileReport:
    if report.media_type == PDF.media_type:
        return inspect_pdf(data, report, limits)
    # Decoders warn about files, not about us, and a verdict must not depend on how a process treats warnings. The filter belongs
    # to the whole process: pictures are inspected one at a time in each.
    with warnings.catch_warnings(action="ignore"):
        return inspect_image(data, report, limits)
