"""Inspection of bytes that a test has made, without the sandbox around it."""

from collections.abc import Callable
from pathlib import Path

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from pipeline.policy.files import FileLimits

Inspect = Callable[[bytes], FileReport]


def inspecting(folder: Path, limits: FileLimits) -> Inspect:
    """Inspects by these limits what it is given; the file lies in the folder meanwhile."""

    def run(body: bytes) -> FileReport:
        path = folder / "upload"
        path.write_bytes(body)
        return inspect_file(path, limits=limits)

    return run


def codes(report: FileReport) -> list[str]:
    """The codes of what was found, in order."""
    return [found.code for found in report.findings]
