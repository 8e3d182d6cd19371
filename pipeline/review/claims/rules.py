"""Whether a person may have a case, and whether they have looked at it.

Every way to a case asks the first: the next one, an offer, coming back, undoing, looking, deciding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from pipeline.kernel.errors import Forbidden, Problem
from pipeline.policy import Review


class Bar(StrEnum):
    """Why a person may not have a case."""

    RELATED = "related"
    SKIPPED = "skipped"
    HAS_OPINION = "has_opinion"
    KNOWS_OUTCOME = "knows_outcome"


@dataclass(frozen=True, slots=True)
class Ties:
    """What a person has to do with a case: with its member, by what they did with it before, by what they know of its outcome.

    `related`: it is their own case, or that of a member or company that they have to do with. `skipped`: they skipped or escalated it.
    `has_opinion`: their verdict on it stands and waits for another person. `knows_outcome`: it is a blind look, and they could know the
    decision.
    """

    related: bool = False
    skipped: bool = False
    has_opinion: bool = False
    knows_outcome: bool = False


SENTENCES: Final = {
    Bar.RELATED: "The case is of a member with whom you have to do. Claim the next one.",
    Bar.SKIPPED: "You have passed this case on before, so you do not get it again. Claim the next one.",
    Bar.HAS_OPINION: "You have said what you think of this case; it needs another person. Claim the next one.",
    Bar.KNOWS_OUTCOME: "You have seen too much of this case by now. Claim the next one.",
}


def bar(ties: Ties) -> Bar | None:
    """What stands between a person and a case; None where they may have it."""
    if ties.related:
        return Bar.RELATED
    if ties.skipped:
        return Bar.SKIPPED
    if ties.has_opinion:
        return Bar.HAS_OPINION
    return Bar.KNOWS_OUTCOME if ties.knows_outcome else None


def require_may_have(ties: Ties) -> None:
    """Raises Forbidden where a person may not have a case."""
    if (found := bar(ties)) is not None:
        raise Forbidden(SENTENCES[found])


Page = tuple[UUID, int]
"""A file's id, and the number of one of its pages, from 1."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looked at a case before a verdict.

    Its pages in order, those that were on the screen for the least look, and the seconds since the case was opened.
    """

    kind: str
    pages: Sequence[Page]
    seen: frozenset[Page]
    seconds: float


def look_problem(look: Look, verdict: str, policy: Review) -> Problem | None:
    """Why a verdict does not count yet; None where it does, or where there is nothing to look at.

    The first page, or for an approval of some kinds each page, must have been on the screen for the least look, one after the other.
    """
    least = policy.least_look_seconds.get(look.kind, 0.0)
    if not least or not look.pages:
        return None
    every = verdict == "approve" and look.kind in policy.every_page
    needed = look.pages if every else look.pages[:1] if not look.seen else ()
    unseen = [number for number, page in enumerate(look.pages, 1) if page in needed and page not in look.seen]
    if not unseen and look.seconds >= least * (len(look.pages) if every else 1):
        return None
    which = f"page {unseen[0]}" if unseen and len(look.pages) > 1 else "the picture"
    return Problem(
        "look", "not_looked_at", f"Look at {which} first: a verdict counts only after {least:g} s on the screen."
    )
