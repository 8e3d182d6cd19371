"""Signals come from a child that had a stranger's file: what is not in the shape that the console reads is not kept."""

from typing import Any

import pytest

from pipeline.inspection.report import Rendition
from pipeline.inspection.signals.kept import kept
from pipeline.inspection.signals.ocr import words_of

GOOD: dict[str, Any] = {
    "faces": {"count": 1, "boxes": [{"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "score": 0.99}]},
    "blur": {"score": 0.5, "blurred": False},
    "fingerprint": "0123456789abcdef",
    "exif": {
        "edited_by": None,
        "camera": "Maker Model",
        "taken_at": "2026-11-29T12:00:00",
        "gps": False,
        "screenshot": False,
        "dark_bars": False,
    },
    "text": {"source": None, "words": 0, "pages": [{"page": 1, "words": 0}]},
    "failed": [],
}


def test_honest_signals_are_kept_as_they_are() -> None:
    assert kept(GOOD) == GOOD


def test_what_could_not_be_made_stays_named() -> None:
    assert kept({"blur": None, "failed": ["faces"]}) == {"blur": None, "failed": ["faces"]}


def test_a_file_without_signals_has_none() -> None:
    assert kept({}) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("faces", "many"),
        ("faces", {"count": "<b>1</b>", "boxes": []}),
        ("faces", {"boxes": []}),
        ("faces", {"count": 1, "boxes": [{"x": 1e300, "y": 0, "w": 0, "h": 0, "score": 1}]}),
        ("faces", {"count": 10**30, "boxes": []}),
        ("blur", [1]),
        ("blur", {"score": float("nan"), "blurred": True}),
        ("fingerprint", "0123456789abcdeg"),
        ("fingerprint", "0123456789abcdef\n"),
        ("exif", {"edited_by": "x" * 10_000}),
        ("exif", GOOD["exif"] | {"camera": "a\0b"}),
        ("exif", GOOD["exif"] | {"camera": "\x1b[2J"}),
        ("exif", GOOD["exif"] | {"more": "hidden"}),
        ("text", {"source": "ocr", "words": 1, "pages": []}),
        ("text", {"source": None, "words": -1, "pages": []}),
    ],
)
def test_a_signal_out_of_shape_is_left_out_and_named(name: str, value: object) -> None:
    assert kept({name: value}) == {"failed": [name]}


def test_what_is_no_signal_is_left_out() -> None:
    assert kept(GOOD | {"form": {"fields": {}}, "stated": "approved", "failed": ["stated", 7]}) == GOOD


@pytest.mark.parametrize(
    "cells",
    [
        "5 1 1 1 1 1 x 20 100 30 96.5 Total",
        "5 1 1 1 1 1 40 20 100 30 nan Total",
        "5 1 1 1 1 1 40 20 100 30 high Total",
        "5 1 1 1 1 1 -40 20 100 30 96.5 Total",
        "5 1 1 1 1 1 40 20 1000000 30 96.5 Total",
        f"5 1 1 1 1 1 {'9' * 5000} 20 100 30 96.5 Total",
        "5 1 1 1 1 1 40 20 100 96.5 Total",
    ],
)
def test_a_line_that_tesseract_does_not_write_is_no_word(cells: str) -> None:
    rendition = Rendition("large", 1, "image/jpeg", 400, 200, b"", "")

    assert list(words_of(cells.replace(" ", "\t"), rendition)) == []
