from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen, Identifier, Prose, Text, Whole
from schemas.claims import TokenRequest
from schemas.states import SubmissionState


class MaterialAnswers(Frozen):
    """The answers and facts for one file of the case."""

    material_id: UUID
    checklist: dict[Text, bool] = Field(default_factory=dict, max_length=50)
    facts: dict[Text, Text | Whole] = Field(default_factory=dict, max_length=50)


class DecisionRequest(Frozen):
    """A decision on a claimed case. Token, fence and version say what the reviewer looked at."""

    token: UUID
    fence: Whole
    version: Whole
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
    state: SubmissionState
    decided_at: datetime
    effects_at: datetime | None
    waits_in: str | None = None


class Undoable(Frozen):
    """A decision that its reviewer may still take back: of whose case, and for how many seconds."""

    id: UUID
    verdict: str
    name: str
    seconds_left: float


class CaseOutcome(Frozen):
    """What came of a case: its state, and where it has ended, who decided what and when.

    `claimed`: somebody has it open now.
    """

    submission_id: UUID
    state: SubmissionState
    by: str | None
    name: str | None
    verdict: str | None
    reasons: tuple[str, ...] | None = None
    at: datetime | None
    claimed: bool = False


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


class SealedView(Frozen):
    """A redaction whose originals are sealed: no page shows them, and they are not destroyed yet."""

    redaction_id: UUID
    submission_id: UUID
    page: int
    sealed_by: str
    sealed_at: datetime


class MailPreview(Frozen):
    """A mail as it would go out."""

    to: str
    language: str
    subject: str
    text: str
    html: str
