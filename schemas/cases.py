from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.base import Frozen
from schemas.claims import Claim, OfferView
from schemas.states import SubmissionState
from schemas.submissions import DueView, FindingView, Member


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
    """One file of the case with what must be answered for it.

    A `covered` one is shown when it is asked for; a `screenshot` is meant to be one.
    """

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
    covered: bool = False
    screenshot: bool = False


class UsedBy(Frozen):
    """Another member who gave the same tax number, and what became of it."""

    submission_id: UUID
    member_id: str
    stage: str
    state: SubmissionState


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


class ChancesView(Frozen):
    """The chances by the case's method for its stage: judged, held by what is under review (this case included), and free."""

    spent: int
    pending: int
    left: int


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
    """What one of two people who disagree thinks, for the senior who decides."""

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
    chances: ChancesView | None = None
    queue: str = "avatar"
    language: str = "en"
    allowed_actions: tuple[str, ...] = ()
    better_file_reasons: tuple[ReasonChoice, ...] = ()
    opinions: tuple[OpinionView, ...] = ()
    escalations: tuple[EscalationView, ...] = ()
    offer: OfferView | None = None
    stage_title: str | None = None
    identity_title: str | None = None
    earlier: tuple[EarlierDecision, ...]
