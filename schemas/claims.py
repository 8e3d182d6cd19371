from datetime import datetime
from typing import Literal
from uuid import UUID

from schemas.base import Frozen, Identifier, Line, Prose


class ClaimRequest(Frozen):
    """Ask for the next case; an empty list of kinds means any, an empty list of queues all that your roles give."""

    kinds: tuple[Literal["avatar", "verification"], ...] = ()
    queues: tuple[Literal["avatar", "verification", "second", "senior"], ...] = ()


class Claim(Frozen):
    """A case that is one reviewer's until the lease runs out. The token is the proof; the fence grows with each claim."""

    id: UUID
    token: UUID
    fence: int
    submission_id: UUID
    reviewer: str
    lease_until: datetime


class TokenRequest(Frozen):
    """Proof that the claim is the caller's."""

    token: UUID


class ReleaseRequest(TokenRequest):
    """Give a case back. With a reason, the same reviewer is not offered it again."""

    skip_reason: Line | None = None


class EscalateRequest(TokenRequest):
    """Pass a case on to the seniors, and say why."""

    note: Prose


class HandOverRequest(TokenRequest):
    """Offer a case to one colleague."""

    colleague: Identifier
    note: Prose | None = None


class HandedOver(Frozen):
    """Until when the colleague has the case to themselves; then it is the queue's again."""

    submission_id: UUID
    colleague: str
    until: datetime


class Colleague(Frozen):
    """Somebody to whom a case may be handed, and the languages that they read (none: any)."""

    id: str
    name: str
    languages: tuple[str, ...]


class OfferView(Frozen):
    """Which colleague handed the case over, and what they said to it."""

    reviewer: str
    note: str | None


class HeldClaim(Frozen):
    """A claim of yours, or one that a colleague offers: `offered` is true until you take it up."""

    claim: Claim
    kind: str
    stage: str | None
    stage_title: str | None
    queue: str
    due_at: datetime
    offered: bool
    offer: OfferView | None


class HeldClaims(Frozen):
    """What you hold and what you are offered, the first to run out first."""

    claims: tuple[HeldClaim, ...]


class QueueLine(Frozen):
    """What waits in one queue. Where `more` is true the numbers are the least that there are: they are counted up to a bound."""

    queue: str
    waiting: int
    claimed: int
    overdue: int
    more: bool
    due_soonest_at: datetime | None
    oldest_at: datetime | None


class QueueView(Frozen):
    """The review queue at a glance."""

    queues: tuple[QueueLine, ...]


class ArrivalPace(Frozen):
    """What is on its way into review: how many submissions are under inspection, and the mean seconds between the latest ones."""

    inspected: int
    seconds_between: float | None
