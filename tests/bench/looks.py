"""What a child does where the signals are not to be counted: the inspection alone."""

from collections.abc import Mapping
from typing import BinaryIO

from pipeline.inspection.file import inspect_open_file
from pipeline.inspection.report import FileReport
from pipeline.inspection.sandbox.examine import warm_up
from pipeline.policy.files import FileLimits

__all__ = ["inspect_only", "warm_up"]


def inspect_only(  # as `Examine` has them
    file: BinaryIO,
    *,
    sha256: str,
    limits: FileLimits,
    declared_type: str | None,
    filename: str | None,
    with_signals: bool,  # noqa: ARG001  # asked for or not, there are none
) -> tuple[FileReport, Mapping[str, object]]:
    """Report on the file, without signals."""
    return inspect_open_file(file, sha256=sha256, limits=limits, declared_type=declared_type, filename=filename), {}
