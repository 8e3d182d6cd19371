"""What crosses the boundary of the points ledger (DOMAIN §5): earnings, redemptions, corrections, penalties, and their list."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen, Identifier, Prose
from schemas.numbers import Count

EntryType = Literal["earning", "redemption", "correction", "penalty"]


class EarningRequest(Frozen):
    """What of an event of another service earns points, once: `source` is that service, `source_id` its id for the event."""

    event: Identifier
    source: Identifier
    source_id: Identifier


class RedemptionRequest(Frozen):
    """Take points for so many of an item."""

    item: Identifier
    quantity: Count = Field(default=1, ge=1, le=1_000_000)


class CorrectionRequest(Frozen):
    """Add or take away points by hand, saying why; `corrects` is the number of the entry that was wrong."""

    points: Count = Field(ge=-1_000_000_000, le=1_000_000_000)
    reason: Prose
    corrects: Count | None = Field(default=None, ge=1, lt=2**63)


class PenaltyRequest(Frozen):
    """Take points away for what a submission was rejected for; once for each submission."""

    submission_id: UUID
    penalty: Identifier
    reason: Prose


class PointsCause(Frozen):
    """Why an entry is there: what kind of event, item or penalty, in words, and where it comes from."""

    code: str
    title: str
    quantity: int | None
    reason: str | None
    corrects: int | None
    source: str | None
    source_id: str | None


class PointsEntry(Frozen):
    """One row of the ledger. `number` counts a member's entries from 1; `points` is negative where they were taken."""

    id: UUID
    member_id: str
    number: int
    type: EntryType
    points: int
    balance_after: int
    overdrawn: bool
    cause: PointsCause
    at: datetime


class PointsBalance(Frozen):
    """A member's points. `overdrawn` says that a correction or penalty took more than there was."""

    member_id: str
    balance: int
    overdrawn: bool
    entries: int


class PointsPage(Frozen):
    """A page of the ledger, the latest first; `next_cursor` is null on the last one."""

    items: tuple[PointsEntry, ...]
    next_cursor: str | None
