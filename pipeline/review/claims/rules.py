"""Whether a person may have a case. Every way to a case asks this: the next one, an offer, coming back, undoing, looking, deciding."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.kernel.errors import Forbidden


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
