"""A verdict counts only after a look: the first picture, or for an approval of some kinds each page."""

from uuid import UUID

import pytest

from config.policy import load_policy
from pipeline.review.claims.rules import Look, Page, look_problem

FILE = UUID(int=1)
OTHER = UUID(int=2)
REVIEW = load_policy().review.model_copy(
    update={"least_look_seconds": {"avatar": 0.5, "verification": 1.0}, "every_page": ("verification",)}
)
PAGES: tuple[Page, ...] = ((FILE, 1), (FILE, 2), (OTHER, 1))


def said(kind: str, verdict: str, seen: tuple[Page, ...], seconds: float, pages: tuple[Page, ...] = PAGES) -> str:
    problem = look_problem(Look(kind, pages, frozenset(seen), seconds), verdict, REVIEW)
    return "" if problem is None else problem.message.split(":")[0]


@pytest.mark.parametrize(
    ("kind", "verdict", "seen", "seconds", "told"),
    [
        ("avatar", "approve", (), 0.0, "Look at page 1 first"),
        ("avatar", "approve", PAGES[:1], 0.4, "Look at the picture first"),
        ("avatar", "approve", PAGES[:1], 0.5, ""),
        ("avatar", "reject", (), 9.0, "Look at page 1 first"),
        ("verification", "approve", PAGES, 3.0, ""),
        ("verification", "approve", PAGES, 2.9, "Look at the picture first"),
        ("verification", "approve", PAGES[:2], 9.0, "Look at page 3 first"),
        ("verification", "approve", PAGES[1:], 9.0, "Look at page 1 first"),
        ("verification", "reject", PAGES[1:2], 1.0, ""),
        ("verification", "better_file", (), 9.0, "Look at page 1 first"),
        ("verification", "better_file", PAGES[:1], 0.9, "Look at the picture first"),
        ("other", "approve", (), 0.0, ""),
    ],
)
def test_what_must_have_been_looked_at(
    kind: str, verdict: str, seen: tuple[Page, ...], seconds: float, told: str
) -> None:
    assert said(kind, verdict, seen, seconds) == told


def test_of_one_picture_no_page_is_named() -> None:
    assert said("avatar", "approve", (), 0.0, PAGES[:1]) == "Look at the picture first"


def test_a_case_without_a_file_has_nothing_to_look_at() -> None:
    assert not said("verification", "approve", (), 0.0, ())
