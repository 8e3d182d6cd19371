from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen, Identifier, Prose
from schemas.members import Money

CorrectionCause = Literal["mistake", "forgery"]
ReviewState = Literal["open", "kept", "taken_away", "recovered"]


class StageCorrectionRequest(Frozen):
    """Take a stage away from a member, or give it, saying why.

    `supersedes` names what was wrong. To take a stage away it is a decision or an event that unlocked it: the stage stays where
    something else unlocks it too; without it, all of them end. To give a stage it is the decision that rejected it.
    """

    stage: Identifier
    unlocked: bool
    because: CorrectionCause
    reason: Prose
    supersedes: UUID | None = None


class StageCorrection(Frozen):
    """A correction, with the level before and after it. `superseded` are the decisions and events that hold no more."""

    id: UUID
    member_id: str
    stage: str
    unlocked: bool
    because: str
    reason: str
    superseded: tuple[UUID, ...]
    from_level: str
    to_level: str
    by: str
    policy_version: str
    at: datetime


class SpendReview(Frozen):
    """A stage whose member has come below its amount by refunds: a person decides whether they keep it.

    `recovered`: new orders reached the amount again, so no person decides.
    """

    id: UUID
    member_id: str
    stage: str
    state: ReviewState
    needed: Money
    spent: Money
    cause: UUID
    opened_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None


class SpendReviews(Frozen):
    """Some of the reviews, the earliest first; `next_cursor` is null on the last page."""

    items: tuple[SpendReview, ...]
    next_cursor: str | None


class SettlementRequest(Frozen):
    """How a review ends: the member keeps the stage, or it is taken away; and why."""

    verdict: Literal["keep", "take_away"]
    reason: Prose = Field(description="Kept with the review; members are not sent it.")
