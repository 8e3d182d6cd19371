from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from pipeline.inspection.signals.every import signals_of
from pipeline.policy.files import FileLimits

_ANY: Final = FileLimits(
    media_types=("image/jpeg", "application/pdf"),
    max_bytes=2**20,
    max_pixels=2**20,
    max_side=2**10,
    min_side=1,
    max_pages=1,
    large_side=64,
    small_side=32,
    page_side=64,
    quality=85,
)


def examine(
    path: Path, *, limits: FileLimits, declared_type: str | None, filename: str | None, with_signals: bool
) -> tuple[FileReport, Mapping[str, object]]:
    """Inspect the file; an accepted one also gives signals."""
    report = inspect_file(path, limits=limits, declared_type=declared_type, filename=filename)
    return report, signals_of(report) if report.accepted and with_signals else {}


def warm_up() -> None:
    """Load now what is otherwise loaded at its first use, by examining a picture and a document made here."""
    with suppress(OSError), TemporaryDirectory(prefix="proofdesk-") as folder:
        for kind in ("jpeg", "pdf"):
            path = Path(folder, kind)
            Image.linear_gradient("L").convert("RGB").save(path, format=kind)
            examine(path, limits=_ANY, declared_type=None, filename=None, with_signals=True)
