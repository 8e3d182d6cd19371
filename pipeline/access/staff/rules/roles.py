from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from pipeline.kernel.errors import Forbidden


class Role(StrEnum):
    """What a person is at the desk; one person may be several."""

    REVIEWER = "reviewer"
    SENIOR = "senior"
    LEAD = "lead"
    ADMIN = "admin"


class Right(StrEnum):
    """What a role gives the right to."""

    REVIEW = "review"
    SECOND = "second"
    SETTLE = "settle"
    QUALITY = "quality"
    STATISTICS = "statistics"
    CORRECT = "correct"
    PEOPLE = "people"
    KEYS = "keys"
    RELATIONS = "relations"
    POLICY = "policy"
    ERASE = "erase"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.REVIEWER: frozenset({Right.REVIEW}),
    Role.SENIOR: frozenset({Right.REVIEW, Right.SECOND, Right.SETTLE}),
    Role.LEAD: frozenset({Right.QUALITY, Right.STATISTICS, Right.CORRECT, Right.RELATIONS}),
    Role.ADMIN: frozenset(
        {Right.PEOPLE, Right.KEYS, Right.RELATIONS, Right.POLICY, Right.ERASE, Right.QUALITY, Right.STATISTICS}
    ),
}
"""Review: claim, look, decide. Second: the other pair of eyes. Settle: what was escalated, and splits of two reviewers. Relations: say
with whom others have to do."""


def may(roles: Iterable[str], right: Right) -> bool:
    """Whether one of the roles gives the right. A role that this version does not know gives none."""
    return any(right in RIGHTS[Role(role)] for role in roles if role in RIGHTS)


def roles_with(right: Right) -> tuple[Role, ...]:
    """The roles that give a right."""
    return tuple(role for role, rights in RIGHTS.items() if right in rights)


def require(roles: Iterable[str], right: Right) -> None:
    """Raises Forbidden, with the roles that would do, where none of these gives the right."""
    if not may(roles, right):
        named = " or ".join(roles_with(right))
        raise Forbidden(f"This needs the role {named}. Ask an administrator for: proofdesk reviewer add --role")
