"""People at the desk with their roles, and a desk where some things need two of them."""

from collections.abc import Sequence
from typing import Any

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.review.claims.escalation import escalate
from pipeline.review.claims.handover import hand_over, take_up
from schemas.claims import Claim, EscalateRequest, HandedOver, HandOverRequest
from tests.support.desk import Desk
from tests.support.servers import with_review

SENIOR = (Role.SENIOR,)


def careful(desk: Desk, *names: str, **review: Any) -> Desk:
    """A desk where these stages or kinds need two people, whose decisions can be undone for longer than any test takes."""
    return Desk(with_review(desk.tools, **{"four_eyes": names, "undo_window_seconds": 3600, **review}))


def seniors(desk: Desk, *names: str) -> None:
    for name in names:
        add_reviewer(name, roles=SENIOR, db=desk.tools.db)


def people(desk: Desk, *names: str, roles: Sequence[Role] = (), **more: Any) -> None:
    for name in names:
        add_reviewer(name, roles=roles, **more, db=desk.tools.db)


def passed_up(desk: Desk, held: Claim, note: str = "Is this a real bank?") -> None:
    escalate(
        held.id, EscalateRequest(token=held.token, note=note), reviewer_id=held.reviewer, context=desk.tools.review
    )


def handed(desk: Desk, held: Claim, colleague: str, note: str | None = None) -> HandedOver:
    command = HandOverRequest(token=held.token, colleague=colleague, note=note)
    return hand_over(held.id, command, reviewer_id=held.reviewer, context=desk.tools.review)


def taken_up(desk: Desk, claim_id: Any, colleague: str) -> Claim:
    return take_up(claim_id, reviewer_id=colleague, context=desk.tools.review)
