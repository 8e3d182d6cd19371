from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from schemas.base import Frozen
from schemas.states import SubmissionState
from schemas.submissions import DueView

Because = Literal["verification", "spend", "mistake", "forgery", "refund"]
"""Why a level changed: a verification was approved, orders reached an amount, or a person corrected it for one of these reasons."""


class Money(Frozen):
    """An amount as an exact decimal, in a currency (ISO 4217)."""

    amount: Decimal
    currency: str


class LevelChange(Frozen):
    """One change of the level and what caused it: a decision, an event of another service (`source`, `source_id`) or a correction."""

    version: int
    from_level: str
    to_level: str
    because: Because
    cause: UUID
    submission_id: UUID | None
    source: str | None
    source_id: str | None
    policy_version: str
    at: datetime


class MethodOffer(Frozen):
    """A method of verification, and how many chances each member has by it for a stage."""

    method: str
    title: str
    chances: int


class RungView(Frozen):
    """A rung of the ladder, the same for everybody; `new_benefits` are those that the rung below does not have.

    `spend` is what orders must come to, where they unlock the rung.
    """

    stage: str
    title: str
    rank: int
    unlocked_by: tuple[str, ...]
    spend: Money | None
    benefits: tuple[str, ...]
    new_benefits: tuple[str, ...]
    methods: tuple[MethodOffer, ...]


class LadderView(Frozen):
    """The ladder of membership, the lowest rung first."""

    stages: tuple[RungView, ...]
    identities: tuple[str, ...]


class MustShow(Frozen):
    """Something that a material must show."""

    code: str
    text: str


class NamedMaterial(Frozen):
    """A material of an identity and what it must show (DOMAIN §7.2)."""

    kind: str
    title: str
    must_show: tuple[MustShow, ...]


class IdentityView(Frozen):
    """An identity: its form as JSON Schema, and its materials, of which all or any are required."""

    identity: str
    title: str
    form: dict[str, Any]
    required: str
    materials: tuple[NamedMaterial, ...]


class TaxCountry(Frozen):
    """A country whose tax numbers can be checked: what its usual number is called, and what all kinds are that are taken."""

    country: str
    number: str
    kinds: tuple[str, ...]


class MethodView(MethodOffer):
    """A method as this member may use it now; where it is closed, why: `unlocked` or `no_chances_left`.

    Of its chances, `chances_spent` were judged, `chances_pending` are held by what is under review, and `chances_left` are free.
    """

    chances_left: int
    chances_spent: int
    chances_pending: int
    open: bool
    closed_because: str | None


class UnderReview(Frozen):
    """A verification that has no result yet, with its due time and the rule for it; a code expires at a time of its own."""

    submission_id: UUID
    method: str
    identity: str
    state: SubmissionState
    chance: int
    accepted_at: datetime
    due: DueView
    code_expires_at: datetime | None


class SpendToGo(Frozen):
    """What orders must come to for a stage, and how much of it is missing."""

    needed: Money
    missing: Money


class StageView(Frozen):
    """A rung of the ladder as this member sees it. `next` marks those that the member may still unlock."""

    stage: str
    title: str
    rank: int
    unlocked: bool
    unlocked_at: datetime | None
    unlocked_by: tuple[str, ...]
    spend: SpendToGo | None
    benefits: tuple[str, ...]
    next: bool
    methods: tuple[MethodView, ...]
    chances_left: dict[str, int]
    under_review: tuple[UnderReview, ...]


class MembershipView(Frozen):
    """A member's level with its benefits, what their orders come to, the ladder, and how it came to be."""

    member_id: str
    level: str
    rank: int
    benefits: tuple[str, ...]
    spent: Money
    stages: tuple[StageView, ...]
    history: tuple[LevelChange, ...]


class AvatarView(Frozen):
    """The member's public avatar; URLs are null until one was approved."""

    member_id: str
    large_url: str | None
    small_url: str | None
    sha256: str | None
    submission_id: UUID | None
    published_at: datetime | None
