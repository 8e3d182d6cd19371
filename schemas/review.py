"""What reviewers' clients send and read: claims, cases, decisions."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen, Identifier, Line, Prose, Text
from schemas.submissions import DueView, FindingView, Member


class ClaimRequest(Frozen):
    """Ask for the next case; an empty list of kinds means any."""

    kinds: tuple[Literal["avatar", "verification"], ...] = ()


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


class Case(Frozen):
    """All that a reviewer needs to decide."""

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
    earlier: tuple[EarlierDecision, ...]


class TokenRequest(Frozen):
    """Proof that the claim is the caller's."""

    token: UUID


class ReleaseRequest(TokenRequest):
    """Give a case back. With a reason, the same reviewer is not offered it again."""

    skip_reason: Line | None = None


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
    verdict: Literal["approve", "reject"]
    reasons: tuple[Identifier, ...] = Field(default=(), max_length=20)
    materials: tuple[MaterialAnswers, ...] = Field(default=(), max_length=20)
    message: Prose | None = None
    note: Prose | None = None


class Decided(Frozen):
    """What was recorded, and when its effects leave."""

    id: UUID
    submission_id: UUID
    verdict: str
    state: str
    decided_at: datetime
    effects_at: datetime


class QueueLine(Frozen):
    """What waits in one queue."""

    kind: str
    waiting: int
    claimed: int
    overdue: int
    due_soonest_at: datetime | None


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
