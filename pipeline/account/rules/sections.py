"""Check personal and business information, and decide who may see it (DOMAIN §2 to §4). Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from phonenumbers import SUPPORTED_REGIONS

from pipeline.account.rules.contacts import email_address, mobile_number, phone_number
from pipeline.kernel.errors import Invalid, Problem
from pipeline.policy.account import Account, DefaultPrivacy
from schemas.account import (
    BusinessCard,
    CompanyInformation,
    PersonalInformation,
    Privacy,
    ProcurementInformation,
    PublicAvatar,
    PublicPage,
    PublicPerson,
    SectionView,
    Visibility,
)


def personal(written: PersonalInformation, rules: Account) -> dict[str, object]:
    """Personal information as it is kept. Raises Invalid with every problem."""
    problems = [*_unknown("gender", written.gender, rules.genders), *_unknown_country(written.country)]
    email = _made(lambda: email_address(written.email), problems)
    phone = _made(lambda: mobile_number(written.phone, written.country), problems)
    if problems:
        raise Invalid(problems)
    reads = {"locale": written.locale, "timezone": written.timezone}
    optional = {name: value for name, value in reads.items() if value is not None}
    return {"name": written.name, "gender": written.gender, "email": email, "phone": phone, **optional}


def business_card(written: BusinessCard) -> dict[str, object]:
    """A business card as it is kept: its phone, with +, in E.164. Raises Invalid."""
    kept = written.model_dump(mode="json", exclude_none=True)
    if written.email is not None:
        kept["email"] = email_address(written.email)
    if written.phone is not None:
        kept["phone"] = phone_number(written.phone, None)
    return kept


def procurement(written: ProcurementInformation, rules: Account) -> dict[str, object]:
    """Procurement information as it is kept. Raises Invalid."""
    problems = [*_unknown("frequency", written.frequency, rules.frequencies)]
    for position, industry in enumerate(written.industries):
        problems += _unknown(f"industries.{position}", industry, rules.industries, code="unknown_industry")
    if len(set(written.industries)) < len(written.industries):
        problems.append(Problem("industries", "named_twice", "Name each industry once."))
    if problems:
        raise Invalid(problems)
    return written.model_dump(mode="json", exclude_none=True)


def company(written: CompanyInformation, rules: Account) -> dict[str, object]:
    """Company information as it is kept. Raises Invalid."""
    problems = [*_unknown_country(written.country), *_unknown("size", written.size, rules.company_sizes)]
    if problems:
        raise Invalid(problems)
    return written.model_dump(mode="json", exclude_none=True)


def may_see(visibility: Visibility, viewer_level: str | None, certified_levels: Collection[str]) -> bool:
    """Whether a viewer on this level (None: a visitor who is no member) may see a section."""
    if visibility == "certified_suppliers":
        return viewer_level in certified_levels
    return visibility == "everyone"


def privacy_of(chosen: SectionView | None, default: DefaultPrivacy) -> Privacy:
    """The member's choice, or the policy's default."""
    return Privacy.model_validate(chosen.content if chosen else default.model_dump())


def public_page(
    member_id: str,
    sections: Mapping[str, SectionView],
    *,
    viewer_level: str | None,
    confirmed_email: str | None,
    avatar: PublicAvatar | None,
    rules: Account,
) -> PublicPage:
    """What the viewer may see of the member; None where a part is left out."""
    privacy = privacy_of(sections.get(PRIVACY), rules.privacy)
    shown = {
        name: section.content
        for name, section in sections.items()
        if name in Privacy.model_fields and may_see(getattr(privacy, name), viewer_level, rules.certified_levels)
    }
    person = shown.get(PERSONAL)
    return PublicPage(
        member_id=member_id,
        avatar=avatar,
        personal_information=_person(person, confirmed_email) if person else None,
        procurement_information=shown.get(PROCUREMENT),
    )


def _made(make: Callable[[], str], problems: list[Problem]) -> str | None:
    """What `make` returns; None where it raises Invalid, whose problems are added to `problems`."""
    try:
        return make()
    except Invalid as error:
        problems.extend(error.problems)
        return None


def _person(content: Mapping[str, str | None], confirmed_email: str | None) -> PublicPerson:
    email = content["email"] if content["email"] == confirmed_email else None
    shown = {name: content[name] for name in ("name", "gender", "phone")}
    return PublicPerson.model_validate({**shown, "email": email})


def _unknown(path: str, value: str | None, known: Collection[str], *, code: str | None = None) -> Iterator[Problem]:
    if value is not None and value not in known:
        yield Problem(path, code or f"unknown_{path}", f"Use one of {', '.join(map(repr, known))}.")


def _unknown_country(region: str | None) -> Iterator[Problem]:
    if region is not None and region not in SUPPORTED_REGIONS:
        yield Problem(
            "country", "unknown_country", f"There is no country {region!r}. Use a code such as DE (ISO 3166)."
        )


PERSONAL: Final = "personal_information"
PROCUREMENT: Final = "procurement_information"
BUSINESS_CARD: Final = "business_card"
COMPANY: Final = "company_information"
PRIVACY: Final = "privacy"
