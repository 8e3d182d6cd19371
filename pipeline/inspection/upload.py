from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import Row

from pipeline.inspection import originals
from pipeline.inspection.downloads import download_folder
from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.report import FileReport, Rendition
from pipeline.inspection.rules import verdict
from pipeline.inspection.sandbox import Death, Inspected
from pipeline.inspection.signals.kept import kept
from pipeline.inspection.signals.match import matches
from pipeline.inspection.signals.ocr import read_pages
from pipeline.kernel.errors import StorageRefused
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.policy.files import FileLimits
from pipeline.tasks.ledger import Task
from schemas.object_keys import is_sound_key

PAGES_TO_READ: Final = 2
SECONDS_TO_READ: Final = 8.0
"""For each page. With the time of the sandbox it stays well below a lease."""


class Inspector(Protocol):
    """Inspects a file on disk: the sandbox, or what stands in for it."""

    def inspect(
        self, path: Path, *, limits: FileLimits, declared_type: str | None = None, filename: str | None = None
    ) -> Inspected:
        """The report and the signals. Never raises for what is in the file."""


@dataclass(frozen=True, slots=True)
class Original:
    """Where the bytes that were inspected are kept, and where they were read from."""

    key: str
    read_from: str


@dataclass(frozen=True, slots=True)
class InspectedUpload:
    """One uploaded file: what was found, and the rows of its renditions, which are in the vault."""

    material_id: UUID
    findings: tuple[Finding, ...]
    report: FileReport | None = None
    signals: Mapping[str, object] = field(default_factory=dict)
    deaths: tuple[Death, ...] = ()
    renditions: tuple[dict[str, Any], ...] = ()
    written_at: datetime | None = None
    original: Original | None = None


def inspect_upload(
    file: Row[Any],
    *,
    expected: Mapping[str, str],
    task: Task,
    storage: Storage,
    limits: FileLimits,
    inspector: Inspector,
) -> InspectedUpload:
    """Inspect the upload of a material's row; `expected` are the lines of the form that may stand in it."""
    with download_folder() as folder:
        path = folder / "upload"
        try:
            got = storage.download(storage.uploads, file.upload_key, path, cap=limits.max_bytes)
        except StorageRefused as refusal:
            return _unreadable(file, refusal, storage)
        if got is None:
            return InspectedUpload(file.id, (finding("object_missing"),))
        if got.cut:
            too_large = finding("file_too_large", size=got.bytes, limit=limits.max_bytes)
            return InspectedUpload(file.id, (too_large,), written_at=got.written_at)
        inspected = inspector.inspect(path, limits=limits, declared_type=file.declared_type, filename=file.filename)
        original = Original(originals.keep(file, path, task=task, storage=storage), file.upload_key)
    report = inspected.report
    found = (*report.findings, *_differences(file, report))
    stored = _store(file, report, task, storage) if verdict(found) else ()
    signals = _signals(inspected, expected)
    return InspectedUpload(file.id, found, report, signals, inspected.deaths, stored, got.written_at, original)


def _unreadable(file: Row[Any], refusal: StorageRefused, storage: Storage) -> InspectedUpload:
    """A file that the store does not give out: archived, encrypted with another's key, or of a key that it does not take.

    First an object of our own is tried beside it. Raises StorageMisconfigured where that is refused too: then it is no fault of the
    file, and nobody's submission is refused.
    """
    storage.require_rights(storage.uploads, near=file.upload_key if is_sound_key(file.upload_key) else "")
    return InspectedUpload(file.id, (finding("object_unreadable", reason=refusal.reason),))


def _signals(inspected: Inspected, expected: Mapping[str, str]) -> dict[str, object]:
    """The signals of the child, and which words of the form stand in the file, and where.

    Where it carries no text, the first pages are read off our renditions, if tesseract is installed.
    """
    report = inspected.report
    signals = {**kept(inspected.signals), "inspector_version": report.inspector_version}
    if not expected or not report.accepted:
        return signals
    source, texts = "text_layer", report.texts
    if not any(page.words for page in texts):
        source, texts = "ocr", read_pages(_first_pages(report), seconds=SECONDS_TO_READ)
    matched = matches(expected, texts) if any(page.words for page in texts) else {}
    form = {"form": {"source": source, "fields": matched}} if matched else {}
    return {**signals, **form}


def _first_pages(report: FileReport) -> list[Rendition]:
    large = [each for each in report.renditions if each.purpose == "large"]
    return sorted(large, key=lambda each: each.page)[:PAGES_TO_READ]


def _differences(file: Row[Any], report: FileReport) -> list[Finding]:
    """Where the object is other than upstream declared it."""
    found = []
    if file.declared_bytes is not None and file.declared_bytes != report.size:
        found.append(finding("length_mismatch", declared=file.declared_bytes, actual=report.size))
    if file.declared_sha256 is not None and file.declared_sha256 != report.sha256:
        found.append(finding("content_mismatch", declared=file.declared_sha256, actual=report.sha256))
    return found


def _store(file: Row[Any], report: FileReport, task: Task, storage: Storage) -> tuple[dict[str, Any], ...]:
    """Put the renditions into the vault under keys that carry the task's token, before the transaction that names them."""
    rows = []
    for each in report.renditions:
        key = f"{file.submission_id}/{file.id}/{task.token}/{each.purpose}-{each.page}.jpg"
        storage.put_vault(key, each.body, media_type=each.media_type)
        same = {name: getattr(each, name) for name in ("purpose", "page", "media_type", "width", "height", "sha256")}
        rows.append({"id": new_id(), "material_id": file.id, "key": key, "bytes": len(each.body), **same})
    return tuple(rows)
