"""What a reviewer is told of a file: what matters, once, and nothing that must be so."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from schemas.cases import CaseMaterial, ChecklistView, DuplicateView
from web.console.signals import Note, notes_of_file

SHOWN = {"fields": {"store_name": {"found": False}, "store_link": {"found": False}}}


def file(**changed: Any) -> CaseMaterial:
    plain = {
        "id": UUID(int=1),
        "kind": "bank_statement",
        "title": "Bank statement",
        "filename": None,
        "media_type": None,
    }
    asked = (ChecklistView(code="store_name", text="store name", facts=("store_name",)),)
    rest: dict[str, Any] = {
        "bytes": 1,
        "sha256": None,
        "pages": (),
        "checklist": asked,
        "signals": {},
        "duplicates": (),
    }
    return CaseMaterial.model_validate({**plain, **rest, **changed})


def alike(count: int, *, members: int, exact: bool = False) -> Sequence[DuplicateView]:
    return tuple(
        DuplicateView(submission_id=UUID(int=n), member_id=f"m-{n % members}", exact=exact, distance=3)
        for n in range(count)
    )


def texts(notes: Sequence[Note]) -> list[str]:
    return [each.text for each in notes]


def test_what_the_file_need_not_show_is_not_missed() -> None:
    assert texts(notes_of_file(file(signals={"form": SHOWN}))) == ["store name of the form not found in the text"]


@pytest.mark.parametrize(("meant", "told"), [({}, ["looks like a screenshot"]), ({"screenshot": True}, [])])
def test_a_screenshot_that_must_be_one_is_no_warning(meant: dict[str, bool], told: list[str]) -> None:
    seen = file(signals={"exif": {"screenshot": True}}, **meant)

    assert texts(notes_of_file(seen)) == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (
            alike(2, members=2),
            [
                "looks like a picture of member m-0 (61 of 64 bits)",
                "looks like a picture of member m-1 (61 of 64 bits)",
            ],
        ),
        (alike(9, members=9), ["looks like a picture of 9 members"]),
        (alike(9, members=9, exact=True), ["the same file as 9 members"]),
        (alike(4, members=1), ["looks like a picture of 4 files of member m-0"]),
    ],
)
def test_many_look_alikes_are_one_line_that_opens(found: Sequence[DuplicateView], told: list[str]) -> None:
    notes = notes_of_file(file(duplicates=found))

    assert texts(notes) == told
    if len(found) > 2:
        assert [each.beside for each in notes[0].lines] == [str(each.submission_id) for each in found]
