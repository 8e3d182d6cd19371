"""All that is done to a file inside a child."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import FileRules
from pipeline.inspection.signals.every import signals_of

_ANY: Final = FileRules(
    media_types=("image/jpeg", "application/pdf"),
    max_bytes=2**20,
    large_side=64,
    small_side=32,
    page_side=64,
    quality=85,
)


def examine(
    path: Path, *, rules: FileRules, declared_type: str | None, filename: str | None, with_signals: bool
) -> tuple[FileReport, Mapping[str, object]]:
    """Inspect the file; an accepted one is also looked at for signals."""
    report = inspect_file(path, rules=rules, declared_type=declared_type, filename=filename)
    return report, signals_of(report) if report.accepted and with_signals else {}


def warm_up() -> None:
    """Have all that is loaded at its first use loaded now, by looking at a picture and a document made here."""
    with suppress(OSError), TemporaryDirectory(prefix="proofdesk-") as folder:
        for kind in ("jpeg", "pdf"):
            path = Path(folder, kind)
            Image.linear_gradient("L").convert("RGB").save(path, format=kind)
            examine(path, rules=_ANY, declared_type=None, filename=None, with_signals=True)
