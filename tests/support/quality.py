"""Cases that a second person looks at blind."""

from typing import Any
from uuid import UUID

from pipeline.review.tables import check
from schemas.claims import Claim
from tests.support.desk import Desk
from tests.support.servers import variant

ALWAYS = {"sample": {"avatar": 1.0, "verification": 1.0}, "after_hours": 0, "mix": 1.0, "golden": 0.0}
"""Every decision is sampled, and given out again wherever it may be."""


def checking(desk: Desk, *, undo_window_seconds: int = 0, **quality: Any) -> Desk:
    """A desk whose every claim is a blind one where one waits."""
    policy = desk.tools.policy
    changed = {
        "quality": policy.quality.model_copy(update={**ALWAYS, **quality}),
        "review": policy.review.model_copy(update={"undo_window_seconds": undo_window_seconds}),
    }
    return Desk(variant(desk.tools, policy=policy.model_copy(update=changed)))


def blind(desk: Desk, reviewer: str = "r-2") -> Claim:
    """The next case of this reviewer, which is a blind one."""
    held = desk.claimed(reviewer)
    assert is_blind(desk, held)
    return held


def is_blind(desk: Desk, held: Claim) -> bool:
    ((check_id,),) = desk.sql("SELECT check_id FROM claim WHERE id = :id", id=held.id)
    return check_id is not None


def only_check(desk: Desk) -> UUID:
    (row,) = desk.rows(check)
    found: UUID = row.id
    return found
