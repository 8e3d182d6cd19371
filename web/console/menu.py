from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipeline.access.staff.rules.roles import Right, Role, may


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is always one step away, for those who have the right."""

    href: str
    title: str
    right: Right


PAGES: Final = (
    Page("/console/", "Queue", Right.REVIEW),
    Page("/console/quality", "Quality", Right.STATISTICS),
    Page("/console/people", "People", Right.PEOPLE),
    Page("/console/keys", "Keys", Right.KEYS),
    Page("/console/policy", "Policy", Right.POLICY),
)


def menu_of(roles: Iterable[Role]) -> list[Page]:
    """The pages that the roles give the right to, in the order in which they stand in the frame."""
    known = frozenset(roles)
    return [page for page in PAGES if may(known, page.right)]
