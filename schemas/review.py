"""What reviewers' clients send and read: claims, cases, decisions."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen, Identifier, Line, Prose, Text
from schemas.submissions import DueView, FindingView, Member


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


class ChecklistView(Frozen):
    """A question about one file, and which facts belong to it."""

    code: str
    text: str
    facts: tuple[str, ...]


class PageView(Frozen):
    """One rendition to look at, by a link that lives for a short while."""

    page: int
    purpose: str
    width: int
    height: int
    url: str


class DuplicateView(Frozen):
    """A file of another member that is the same, or a picture that looks like this one (bits of 64 that differ)."""

    submission_id: UUID
    member_id: str
    exact: bool
    distance: int


class CaseMaterial(Frozen):
    """One file of the case with what must be answered for it."""

    id: UUID
    kind: str
    title: str
    filename: str | None
    media_type: str | None
    bytes: int | None
    sha256: str | None
    pages: tuple[PageView, ...]
    checklist: tuple[ChecklistView, ...]
    signals: dict[str, Any]
    duplicates: tuple[DuplicateView, ...]


class UsedBy(Frozen):
    """Another member who gave the same tax number, and what became of it."""

    submission_id: UUID
    member_id: str
    stage: str
    state: str


class TaxNumberView(Frozen):
    """The case's tax number: what kind it is, as it was written and as it is kept, who else gave it, and what a register said.

    `register_status` is null where no register was asked. It advises only.
    """

    country: str
    kind: str
    written: str
    number: str | None
    used_by: tuple[UsedBy, ...]
    register_status: str | None
    register_name: str | None


class EarlierDecision(Frozen):
    """An earlier result of the same member."""

    submission_id: UUID
    kind: str
    stage: str | None
    verdict: str
    reasons: tuple[str, ...]
    decided_at: datetime


class ReasonChoice(Frozen):
    """A reason that a rejection of this case may give."""

    code: str
    text: str


class OpinionView(Frozen):
    """What one of two people who disagree thinks, for the senior who settles it."""

    reviewer: str
    verdict: str
    reasons: tuple[str, ...]
    message: str | None
    note: str | None
    checklist: dict[str, dict[str, bool]]
    facts: dict[str, dict[str, str | int]]
    given_at: datetime


class EscalationView(Frozen):
    """Why a colleague wants a senior to look at the case."""

    reviewer: str
    note: str
    at: datetime


class OfferView(Frozen):
    """Which colleague handed the case over, and what they said to it."""

    reviewer: str
    note: str | None


class Case(Frozen):
    """All that a reviewer needs to decide. `allowed_actions` is what they may do with it now.

    `opinions` has both sides where two people disagree, and is empty for everybody else: a second person judges for themselves.
    """

    claim: Claim
    submission_id: UUID
    version: int
    kind: str
    stage: str | None
    identity: str | None
    member_id: str
    member: Member
    form: dict[str, str]
    due: DueView
    materials: tuple[CaseMaterial, ...]
    findings: tuple[FindingView, ...]
    reasons: tuple[ReasonChoice, ...]
    fact_types: dict[str, str]
    current_avatar_url: str | None
    current_avatar_id: UUID | None = None
    tax_number: TaxNumberView | None = None
    queue: str = "avatar"
    language: str = "en"
    allowed_actions: tuple[str, ...] = ()
    better_file_reasons: tuple[ReasonChoice, ...] = ()
    opinions: tuple[OpinionView, ...] = ()
    escalations: tuple[EscalationView, ...] = ()
    offer: OfferView | None = None
    earlier: tuple[EarlierDecision, ...]


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


class HeldClaim(Frozen):
    """A claim of yours, or one that a colleague offers: `offered` is true until you take it up."""

    claim: Claim
    kind: str
    stage: str | None
    queue: str
    due_at: datetime
    offered: bool
    offer: OfferView | None


class HeldClaims(Frozen):
    """What you hold and what you are offered, the first to run out first."""

    claims: tuple[HeldClaim, ...]


class MaterialAnswers(Frozen):
    """The answers and facts for one file of the case."""

    material_id: UUID
    checklist: dict[Text, bool] = Field(default_factory=dict, max_length=50)
    facts: dict[Text, Text | int] = Field(default_factory=dict, max_length=50)


class DecisionRequest(Frozen):
    """A decision on a claimed case. Token, fence and version say what the reviewer looked at."""

    token: UUID
    fence: int
    version: int
    verdict: Literal["approve", "reject", "better_file"]
    reasons: tuple[Identifier, ...] = Field(default=(), max_length=20)
    materials: tuple[MaterialAnswers, ...] = Field(default=(), max_length=20)
    message: Prose | None = None
    note: Prose | None = None


class Decided(Frozen):
    """What was recorded, and when its effects leave.

    That is null where nothing follows from it alone: then `waits_in` is the queue in which the case waits for somebody else.
    """

    id: UUID
    submission_id: UUID
    verdict: str
    state: str
    decided_at: datetime
    effects_at: datetime | None
    waits_in: str | None = None


class Became(Frozen):
    """What came of a case: its state, and where it has ended, who decided what and when."""

    submission_id: UUID
    state: str
    by: str | None
    name: str | None
    verdict: str | None
    reasons: tuple[str, ...] | None = None
    at: datetime | None


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


class Coming(Frozen):
    """What is on its way into review: how many are looked at now, and the seconds between two of the latest that came."""

    inspected: int
    seconds_between: float | None


class RedactedBox(Frozen):
    """A rectangle that must not be kept, in thousandths of the picture's sides from its top left corner."""

    x: float = Field(ge=0, le=1000)
    y: float = Field(ge=0, le=1000)
    w: float = Field(gt=0, le=1000)
    h: float = Field(gt=0, le=1000)

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """x, y, width, height."""
        return self.x, self.y, self.w, self.h


class Redaction(TokenRequest):
    """What to burn out of one page of a case."""

    material_id: UUID
    page: int = Field(gt=0)
    boxes: tuple[RedactedBox, ...] = Field(min_length=1, max_length=50)


class MailPreview(Frozen):
    """A mail as it would go out."""

    to: str
    language: str
    subject: str
    text: str
    html: str
