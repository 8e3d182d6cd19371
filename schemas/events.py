"""The events that other services get, after Standard Webhooks: their types, and the shape of each."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from schemas.base import Frozen, Identifier
from schemas.members import Because
from schemas.numbers import Time
from schemas.states import SubmissionState


class EventType(StrEnum):
    """The type of an event, as other services read it."""

    SUBMISSION_RECEIVED = "submission.received"
    SUBMISSION_IN_REVIEW = "submission.in_review"
    SUBMISSION_REFUSED = "submission.refused"
    SUBMISSION_APPROVED = "submission.approved"
    SUBMISSION_REJECTED = "submission.rejected"
    SUBMISSION_SUPERSEDED = "submission.superseded"
    SUBMISSION_WITHDRAWN = "submission.withdrawn"
    SUBMISSION_EXPIRED = "submission.expired"
    SUBMISSION_DUE_SOON = "submission.due_soon"
    SUBMISSION_OVERDUE = "submission.overdue"
    LEVEL_CHANGED = "membership.level_changed"
    AVATAR_PUBLISHED = "avatar.published"
    AVATAR_REMOVED = "avatar.removed"
    POINTS_CHANGED = "points.changed"
    MEMBER_ERASED = "member.erased"


class SubmissionMoved(Frozen):
    """A submission came to a state. `version` grows with each move: what is older than what you have is stale."""

    submission_id: UUID
    member_id: str
    kind: str
    method: str | None
    stage: str | None
    identity: str | None
    state: SubmissionState
    version: int
    reasons: tuple[str, ...] = ()
    correlation_id: str


class SubmissionDue(Frozen):
    """The result of a submission is due soon, or overdue: it has no result yet, and is due at `due_at`. Each is sent once.

    `version` is the submission's: what is older than what you have is stale.
    """

    submission_id: UUID
    member_id: str
    kind: str
    method: str | None
    stage: str | None
    identity: str | None
    state: SubmissionState
    version: int
    due_at: datetime
    why: str
    correlation_id: str


class LevelChanged(Frozen):
    """A member's level and benefits changed, together. `version` grows with each change of this member.

    `cause` is the decision, the event of another service or the correction that changed it.
    """

    member_id: str
    from_level: str
    to_level: str
    benefits: tuple[str, ...]
    because: Because
    cause: UUID
    version: int


class AvatarPublished(Frozen):
    """A member's avatar is visible under these keys of the public bucket, and the one before it is not.

    `version` is higher for each later avatar of the member.
    """

    member_id: str
    submission_id: UUID
    large_key: str
    small_key: str
    sha256: str
    version: int


class AvatarRemoved(Frozen):
    """A member's avatar was taken down: they have none until a later one is published. `version` is that of the avatar."""

    member_id: str
    submission_id: UUID
    version: int


class PointsChanged(Frozen):
    """A member's points changed by `amount` to `balance`, for this cause. `version` is the entry's number, which grows by one."""

    member_id: str
    entry_id: UUID
    type: str
    amount: int
    balance: int
    cause: str
    version: int


class MemberErased(Frozen):
    """Nothing of the member is kept any more but counts: erase what you keep of them, too.

    `receipt_sha256` is the SHA-256 of the signed receipt, which `GET /v1/members/{id}/erasure` returns. `version` is higher where the id
    was a new member's since, who was erased too.
    """

    member_id: str
    erasure_id: UUID
    asked_at: datetime
    finished_at: datetime
    receipt_sha256: str
    version: int


EVENTS: Final[Mapping[EventType, type[Frozen]]] = {
    EventType.SUBMISSION_RECEIVED: SubmissionMoved,
    EventType.SUBMISSION_IN_REVIEW: SubmissionMoved,
    EventType.SUBMISSION_REFUSED: SubmissionMoved,
    EventType.SUBMISSION_APPROVED: SubmissionMoved,
    EventType.SUBMISSION_REJECTED: SubmissionMoved,
    EventType.SUBMISSION_SUPERSEDED: SubmissionMoved,
    EventType.SUBMISSION_WITHDRAWN: SubmissionMoved,
    EventType.SUBMISSION_EXPIRED: SubmissionMoved,
    EventType.SUBMISSION_DUE_SOON: SubmissionDue,
    EventType.SUBMISSION_OVERDUE: SubmissionDue,
    EventType.LEVEL_CHANGED: LevelChanged,
    EventType.AVATAR_PUBLISHED: AvatarPublished,
    EventType.AVATAR_REMOVED: AvatarRemoved,
    EventType.POINTS_CHANGED: PointsChanged,
    EventType.MEMBER_ERASED: MemberErased,
}
"""The shape of `data` by the event's type."""


def _known(types: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(types) - EVENTS.keys()):
        raise ValueError(f"There is no event type {unknown[0]!r}. Use some of {', '.join(EVENTS)}; none means all.")
    return types


EventTypes = Annotated[tuple[str, ...], AfterValidator(_known)]
"""Types of events; none means all."""

Address = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s\x00-\x1f]+$")]


class EventView(Frozen):
    """One event. `type`, `timestamp` and `data` are what endpoints are sent, `id` is their `webhook-id`.

    `livemode` is false for what a test key caused.
    """

    id: UUID
    type: str
    timestamp: datetime
    livemode: bool
    data: dict[str, Any]


class EventPage(Frozen):
    """A page of events, the earliest first; `next_cursor` goes on from here, later too."""

    items: tuple[EventView, ...]
    next_cursor: str


class EndpointRequest(Frozen):
    """Where to send events, and of which types; none means all."""

    url: Address
    types: EventTypes = ()


class EndpointView(Frozen):
    """An endpoint and how it fares. A paused one gets nothing until it is resumed; nothing is lost meanwhile.

    `waiting_since` is when the oldest of what waits was due; `rests_until` is when one that failed is tried next.
    """

    id: UUID
    url: str
    types: tuple[str, ...]
    state: Literal["active", "paused"]
    paused_because: str | None
    failing_since: datetime | None
    pending: int
    waiting_since: datetime | None
    rests_until: datetime | None
    created_at: datetime


class EndpointSecret(Frozen):
    """The secret by which the endpoint checks signatures. It is shown once; the one before it is valid for a while longer."""

    endpoint_id: UUID
    secret: str
    previous_valid_until: datetime | None = None


class ReplayRequest(Frozen):
    """Send again what was sent or given up: the events since then, or these."""

    since: Time | None = None
    event_ids: tuple[UUID, ...] = Field(default=(), max_length=1000)
    member_id: Identifier | None = None


class Replayed(Frozen):
    """How many events are on their way again."""

    count: int
