"""What crosses the boundary of the account: personal and business information, privacy, and a member's public page (DOMAIN §2 to §4)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, StringConstraints

from schemas.base import Frozen, Identifier, Line, Prose, TimeZone
from schemas.currencies import Currency
from schemas.numbers import Count, PlainAmount
from schemas.submissions import Locale

Region = Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")]
"""A country or territory (ISO 3166-1 alpha-2)."""

EmailText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
PhoneText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40)]
Names = Annotated[tuple[Line, ...], Field(max_length=20)]
Visibility = Literal["everyone", "certified_suppliers", "nobody"]


class PersonalInformation(Frozen):
    """What a member says of themself. A phone number without + is read as one of `country`.

    `locale` and `timezone` are how mails to them are written; without them, as the latest submission says.
    """

    name: Line
    gender: Identifier | None = None
    email: EmailText
    phone: PhoneText
    country: Region | None = None
    locale: Locale | None = None
    timezone: TimeZone | None = None


class PersonalView(Frozen):
    """Personal information as it is kept: the address normalised, the number in E.164. `version` is the ETag."""

    member_id: str
    name: str
    gender: str | None
    email: str
    email_confirmed_at: datetime | None
    phone: str
    locale: str | None = None
    timezone: str | None = None
    version: int
    updated_at: datetime


class BusinessCard(Frozen):
    """A business card, which the member may send with an inquiry or a request for quotation."""

    name: Line
    company_name: Line
    position: Line | None = None
    email: EmailText | None = None
    phone: PhoneText | None = None
    website: HttpUrl | None = None
    address: Prose | None = None


class Volume(Frozen):
    """An amount of money a year, with its currency (ISO 4217)."""

    amount: Annotated[Decimal, PlainAmount, Field(gt=0, max_digits=15, decimal_places=2)]
    currency: Currency


class ProcurementInformation(Frozen):
    """What a member buys: industries and frequency are the policy's words, preferences the member's own."""

    industries: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=20)]
    preferences: Names = ()
    frequency: Identifier | None = None
    annual_volume: Volume | None = None
    note: Prose | None = None


class CompanyInformation(Frozen):
    """The member's company."""

    name: Line
    country: Region
    registration_number: Line | None = None
    founded: Count | None = Field(default=None, ge=1000, le=2100)
    size: Identifier | None = None
    website: HttpUrl | None = None
    address: Prose | None = None
    products: Names = ()


class Privacy(Frozen):
    """Who sees a section of the member's public page."""

    personal_information: Visibility
    procurement_information: Visibility


class SectionView(Frozen):
    """A section as it is kept. `version` is the ETag; 0 means that the member has said nothing yet."""

    member_id: str
    section: str
    content: dict[str, Any]
    version: int
    updated_at: datetime | None


class CodeRequest(Frozen):
    """Ask for a code to the member's own address, in the member's language; without one, in the account's."""

    locale: Locale | None = None


class CodeSent(Frozen):
    """A code is on its way. Whether it arrives is for the member to say."""

    expires_at: datetime
    next_code_at: datetime


class CodeTry(Frozen):
    """The code that the member copied out of the mail."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class PublicAvatar(Frozen):
    """Where the member's avatar is seen."""

    large_url: str
    small_url: str


class PublicPerson(Frozen):
    """The personal information that this viewer may see; the address only once the member has confirmed it."""

    name: str
    gender: str | None = None
    email: str | None = None
    phone: str


class PublicPage(Frozen):
    """A member's page as one viewer sees it. What the viewer may not see, or is not there, is left out."""

    member_id: str
    avatar: PublicAvatar | None = None
    personal_information: PublicPerson | None = None
    procurement_information: dict[str, Any] | None = None
