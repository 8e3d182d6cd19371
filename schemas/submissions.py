from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from schemas.base import Frozen, Identifier, Length, Line, Text, TimeZone
from schemas.mail_address import MailAddress
from schemas.object_keys import ObjectKey
from schemas.states import EffectName, EffectState, SubmissionState

_WORD: Final = r"[a-zA-Z0-9!#$&^_.+*-]+"
MediaType = Annotated[
    str,
    StringConstraints(to_lower=True, max_length=200, pattern=rf"^{_WORD}/{_WORD}( *;.*)?$"),
    AfterValidator(lambda written: written.partition(";")[0].strip()),
]
"""A media type as somebody declares it, kept without its parameters (`image/jpeg; charset=binary`)."""
Sha256 = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")]
CountryCode = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")]
TaxNumberText = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f]{1,50}$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]


class UploadRequest(Frozen):
    """Ask for a place to put one file: what it is for, its media type and its exact length in bytes."""

    purpose: Literal["avatar", "material"]
    media_type: MediaType
    length: Length
    filename: Line | None = None


class UploadSlot(Frozen):
    """A presigned PUT. Send exactly these headers and that many bytes, before it expires; then name `key` in a submission."""

    key: str
    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime


class FileLimit(Frozen):
    """The media types and the size in bytes that a file may have."""

    media_types: tuple[str, ...]
    max_bytes: int


class UploadLimits(Frozen):
    """What a file may be, by its purpose."""

    avatar: FileLimit
    material: FileLimit


class FileReference(Frozen):
    """An object in the uploads bucket, and what upstream believes that it is. What is declared is checked against the bytes."""

    key: ObjectKey
    filename: Line | None = None
    media_type: MediaType | None = None
    length: Length | None = None
    sha256: Sha256 | None = None


class Member(Frozen):
    """The member as upstream knows them at this moment: shown to the reviewer and used for the result e-mail.

    Mails are in the language of `locale`, with times on the clock of `timezone` (else in UTC).
    """

    name: Line
    email: MailAddress
    locale: Locale = "en"
    timezone: TimeZone | None = None
    gender: Line | None = None
    age_band: Line | None = None
    identity: Line | None = None


class MaterialReference(Frozen):
    """One material: its kind (DOMAIN §7.2) and its file."""

    kind: Identifier
    file: FileReference


class AvatarSubmission(Frozen):
    """A new avatar for a member (DOMAIN §1)."""

    kind: Literal["avatar"]
    member_id: Identifier
    member: Member
    file: FileReference


class VerificationSubmission(Frozen):
    """What every method of verification shares: a member asks to unlock a stage (DOMAIN §7)."""

    kind: Literal["verification"]
    method: str
    stage: Identifier
    identity: Identifier
    member_id: Identifier
    member: Member
    form: dict[Text, Text] = Field(max_length=50)


class MaterialsSubmission(VerificationSubmission):
    """Verification by files that show what the identity's materials must show (DOMAIN §7.2)."""

    method: Literal["materials"]
    materials: tuple[MaterialReference, ...] = Field(min_length=1, max_length=20)


class TaxNumber(Frozen):
    """A tax number as it was written, spaces and punctuation included, and the ISO 3166 code of its country."""

    country: CountryCode
    number: TaxNumberText


class TaxNumberSubmission(VerificationSubmission):
    """Verification by a tax number (DOMAIN §7.3): checked by a rule, then seen by a person."""

    method: Literal["tax_number"]
    tax_number: TaxNumber


class BusinessEmailSubmission(VerificationSubmission):
    """Verification by a code that is sent to a business address and confirmed (DOMAIN §7.3)."""

    method: Literal["business_email"]
    business_email: MailAddress


Method = Literal["materials", "tax_number", "business_email"]
"""The methods of verification, each with its body."""

METHODS: Final = get_args(Method)

AnyVerification = Annotated[
    MaterialsSubmission | TaxNumberSubmission | BusinessEmailSubmission, Field(discriminator="method")
]

Submission = Annotated[AvatarSubmission | AnyVerification, Field(discriminator="kind")]
"""What all three doors take."""


class DueView(Frozen):
    """When the result is promised and aimed at, and why: the rule as data and as a sentence."""

    promise_at: datetime
    target_at: datetime
    why: str
    rule: dict[str, Any]


class Accepted(Frozen):
    """The answer to an accepted submission: it is committed and will reach its end.

    Of a verification's chances by its method, `chances_spent` were judged, `chances_pending` are held by what is open (this one
    included), and `chances_left` are free.
    """

    id: UUID
    kind: str
    state: SubmissionState
    member_id: str
    accepted_at: datetime
    due: DueView
    chance: int | None = None
    chances_left: int | None = None
    chances_spent: int | None = None
    chances_pending: int | None = None
    superseded: tuple[UUID, ...] = ()
    correlation_id: str


class FindingView(Frozen):
    """Something found in a file: a stable code, a sentence for the member, and `error` (refuses) or `warning` (advises)."""

    code: str
    severity: str
    message: str
    material: str
    detail: dict[str, Any]


class MaterialView(Frozen):
    """One file of a submission as it was found to be."""

    id: UUID
    kind: str
    filename: str | None
    media_type: str | None
    bytes: int | None
    sha256: str | None
    width: int | None
    height: int | None
    pages: int | None


class ReasonView(Frozen):
    """A reason for a rejection with its sentence."""

    code: str
    text: str


class DecisionView(Frozen):
    """What was decided, by the policy of that day."""

    id: UUID
    verdict: str
    decided_at: datetime
    reasons: tuple[ReasonView, ...]
    message: str | None
    facts: dict[str, dict[str, Any]]
    policy_version: str


class EffectView(Frozen):
    """One thing that follows from the result (publish, unlock, mail) and how far it is."""

    name: EffectName
    state: EffectState
    done_at: datetime | None


class StepView(Frozen):
    """One move of a submission: what happened, the state after it, and when."""

    event: str
    state: SubmissionState
    at: datetime


class SubmissionView(Frozen):
    """All that upstream may know of a submission."""

    id: UUID
    kind: str
    method: str | None
    stage: str | None
    identity: str | None
    member_id: str
    state: SubmissionState
    version: int
    door: str
    accepted_at: datetime
    closed_at: datetime | None
    due: DueView
    chance: int | None
    superseded_by: UUID | None
    findings: tuple[FindingView, ...]
    materials: tuple[MaterialView, ...]
    decision: DecisionView | None
    effects: tuple[EffectView, ...]
    history: tuple[StepView, ...]
    policy_version: str
    correlation_id: str


class SubmissionLine(Frozen):
    """A submission in a list."""

    id: UUID
    kind: str
    method: str | None
    stage: str | None
    identity: str | None
    member_id: str
    state: SubmissionState
    version: int
    accepted_at: datetime
    closed_at: datetime | None
    due_at: datetime
    correlation_id: str


class SubmissionPage(Frozen):
    """A page of a list, the latest first; `next_cursor` is null on the last one."""

    items: tuple[SubmissionLine, ...]
    next_cursor: str | None


class FullSubmissionPage(Frozen):
    """The same page with each submission in full, for a service that compares many with its own records."""

    items: tuple[SubmissionView, ...]
    next_cursor: str | None
