from collections.abc import Callable, Sequence
from typing import Any

from pipeline.inspection.report import FileReport, PageText
from pipeline.inspection.signals.blur import blur
from pipeline.inspection.signals.exif import exif
from pipeline.inspection.signals.faces import faces
from pipeline.inspection.signals.phash import fingerprint
from pipeline.inspection.signals.pixels import FirstPage

_Signal = Callable[[], object]


def signals_of(report: FileReport) -> dict[str, object]:
    """All signals of an accepted file, json-able; every box in shares of the upright picture or page, from its top left.

    - `faces`: `{count, boxes: [{x, y, w, h, score}]}` of a picture, None where no detector is installed.
    - `blur`: `{score, blurred}` of a picture, None where nothing in it has an edge to judge by.
    - `fingerprint`: 16 hexadecimal digits of the first page, None for a picture without features.
    - `exif`: `{edited_by, camera, taken_at, gps, screenshot, dark_bars}` of a picture.
    - `text`: `{source, words, pages: [{page, words}]}` of a document; source `text_layer`, or None: there is only OCR.
    - `failed`: the signals that could not be made of this file, and are left out.

    Never raises, whatever the report.
    """
    signals: dict[str, object] = {}
    failed: list[str] = []
    every = _picture(report) if str(report.media_type).startswith("image/") else _document(report)
    for name, signal in every.items():
        try:
            signals[name] = signal()
        except Exception:  # noqa: BLE001  # the files come from strangers, and a verdict must not wait for a signal
            failed.append(name)
    return {**signals, "failed": failed}


def _picture(report: FileReport) -> dict[str, _Signal]:
    page, size = FirstPage(report), (report.width or 0, report.height or 0)
    return {
        "faces": lambda: faces(page.large),
        "blur": lambda: blur(page.large),
        "fingerprint": lambda: fingerprint(page.small),
        "exif": lambda: exif(report.exif, size=size, image=page.small),
    }


def _document(report: FileReport) -> dict[str, _Signal]:
    page = FirstPage(report)
    return {"fingerprint": lambda: fingerprint(page.small), "text": lambda: text_layer(report.texts)}


def text_layer(texts: Sequence[PageText]) -> dict[str, Any]:
    """How much text a document carries as text. Where it carries none, a later step outside the sandbox may read its pages.

    The words themselves stay in the report: they are the member's, and no log or listing needs them.
    """
    pages = [{"page": each.page, "words": len(each.words)} for each in texts]
    words = sum(len(each.words) for each in texts)
    return {"source": "text_layer" if words else None, "words": words, "pages": pages}
