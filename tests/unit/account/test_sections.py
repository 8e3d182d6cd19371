from datetime import UTC, datetime
from typing import Any

import pytest

from config.policy import load_policy
from pipeline.account.rules import sections as rules
from pipeline.account.rules.contacts import email_address, mobile_number, phone_number
from pipeline.kernel.errors import Invalid
from pipeline.policy.account import DefaultPrivacy, Visibility
from schemas.account import BusinessCard, CompanyInformation, PersonalInformation, ProcurementInformation, SectionView

ACCOUNT = load_policy().account
CERTIFIED = ("verified", "trusted")
CONTENT: dict[str, dict[str, Any]] = {
    "personal_information": {"name": "Ada", "gender": None, "email": "ada@shop.example.com", "phone": "+4915123456789"},
    "procurement_information": {"industries": ["toys"]},
    "company_information": {"name": "Blue Door"},
    "business_card": {"name": "Ada"},
}


def codes_of(error: Invalid) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in error.problems]


@pytest.mark.parametrize(
    ("written", "region", "kept"),
    [
        ("0151 2345 6789", "DE", "+4915123456789"),
        ("+49 (0)151 23456789", None, "+4915123456789"),
        ("06 11 11 11 11", "FR", "+33611111111"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("+8613812345678", "DE", "+8613812345678"),
        ("٠١٥١٢٣٤٥٦٧٨٩", "DE", "+4915123456789"),
    ],
)
def test_a_mobile_number_is_kept_in_e164(written: str, region: str | None, kept: str) -> None:
    assert mobile_number(written, region) == kept


@pytest.mark.parametrize(
    ("written", "region", "code"),
    [
        ("0151 2345 6789", None, "invalid_phone"),
        ("0151 2345 6789", "XX", "invalid_phone"),
        ("112", "DE", "invalid_phone"),
        ("+999123456", None, "invalid_phone"),
        ("+4915123456789 ext. 5", None, "invalid_phone"),
        ("not a number", "DE", "invalid_phone"),
        ("+49 30 123456", None, "not_a_mobile_phone"),
        ("1-800-356-9377", "US", "not_a_mobile_phone"),
    ],
)
def test_what_is_no_mobile_number_is_refused(written: str, region: str | None, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        mobile_number(written, region)

    assert codes_of(caught.value) == [("phone", code)]


def test_a_card_may_show_a_landline() -> None:
    assert phone_number("+49 30 123456", None) == "+4930123456"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Ada@Shop.Example.COM", "Ada@shop.example.com"), ("zoë@BÜCHER.example.com", "zoë@bücher.example.com")],
)
def test_an_address_is_kept_in_its_normal_form(written: str, kept: str) -> None:
    assert email_address(written) == kept


@pytest.mark.parametrize("written", ["ada", "ada@", "ada@home", "a b@x.com", "ada@x..com", "ada@mail.test", "@x.com"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as caught:
        email_address(written)

    assert codes_of(caught.value) == [("email", "invalid_email")]


def test_everything_that_is_wrong_with_a_person_is_told_at_once() -> None:
    written = PersonalInformation(name="Ada", gender="robot", email="ada", phone="112", country="XX")

    with pytest.raises(Invalid) as caught:
        rules.personal(written, ACCOUNT)

    assert codes_of(caught.value) == [
        ("gender", "unknown_gender"),
        ("country", "unknown_country"),
        ("email", "invalid_email"),
        ("phone", "invalid_phone"),
    ]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"industries": ["toys", "war"]}, [("industries.1", "unknown_industry")]),
        ({"industries": ["toys", "toys"]}, [("industries", "named_twice")]),
        ({"frequency": "never"}, [("frequency", "unknown_frequency")]),
    ],
)
def test_procurement_is_in_the_policys_words(more: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as caught:
        rules.procurement(ProcurementInformation.model_validate({"industries": ["toys"], **more}), ACCOUNT)

    assert codes_of(caught.value) == wrong


def test_a_company_is_of_a_country_and_a_size_that_there_are() -> None:
    with pytest.raises(Invalid) as caught:
        rules.company(CompanyInformation(name="Blue Door", country="XX", size="huge"), ACCOUNT)

    assert codes_of(caught.value) == [("country", "unknown_country"), ("size", "unknown_size")]


def test_a_card_is_kept_without_what_it_does_not_say() -> None:
    card = BusinessCard(name="Ada", company_name="Blue Door", email="Ada@Shop.Example.com", phone="+49 30 123456")

    assert rules.business_card(card) == {
        "name": "Ada",
        "company_name": "Blue Door",
        "email": "Ada@shop.example.com",
        "phone": "+4930123456",
    }


@pytest.mark.parametrize(
    ("visibility", "level", "sees"),
    [
        ("everyone", None, True),
        ("everyone", "registered", True),
        ("certified_suppliers", None, False),
        ("certified_suppliers", "registered", False),
        ("certified_suppliers", "verified", True),
        ("certified_suppliers", "trusted", True),
        ("nobody", None, False),
        ("nobody", "trusted", False),
    ],
)
def test_a_section_is_seen_by_those_whom_the_member_chose(
    visibility: Visibility, level: str | None, *, sees: bool
) -> None:
    assert rules.may_see(visibility, level, CERTIFIED) is sees


def page(
    visibility: dict[str, str] | None, *, level: str | None = None, confirmed: str | None = None
) -> dict[str, Any]:
    written = {**CONTENT, **({"privacy": visibility} if visibility else {})}
    sections = {
        name: SectionView(
            member_id="m-1", section=name, content=content, version=1, updated_at=datetime(2026, 11, 2, tzinfo=UTC)
        )
        for name, content in written.items()
    }
    shown = rules.public_page(
        "m-1", sections, viewer_level=level, confirmed_email=confirmed, avatar=None, rules=ACCOUNT
    )
    return shown.model_dump(exclude_none=True)


def test_what_a_viewer_may_not_see_is_absent() -> None:
    assert page({"personal_information": "nobody", "procurement_information": "everyone"}) == {
        "member_id": "m-1",
        "procurement_information": {"industries": ["toys"]},
    }


def test_neither_card_nor_company_is_on_the_page() -> None:
    shown = page({"personal_information": "everyone", "procurement_information": "everyone"})

    assert set(shown) == {"member_id", "personal_information", "procurement_information"}


def test_of_a_member_who_has_not_chosen_the_page_shows_what_the_policy_says() -> None:
    assert ACCOUNT.privacy == DefaultPrivacy(personal_information="nobody", procurement_information="nobody")
    assert page(None, level="premier") == {"member_id": "m-1"}


@pytest.mark.parametrize("confirmed", [None, "old@shop.example.com"])
def test_an_address_that_was_not_confirmed_is_absent(confirmed: str | None) -> None:
    shown = page({"personal_information": "everyone", "procurement_information": "nobody"}, confirmed=confirmed)

    assert shown["personal_information"] == {"name": "Ada", "phone": "+4915123456789"}


def test_an_address_that_was_confirmed_is_shown() -> None:
    choice = {"personal_information": "certified_suppliers", "procurement_information": "nobody"}

    shown = page(choice, level="verified", confirmed="ada@shop.example.com")

    assert shown["personal_information"]["email"] == "ada@shop.example.com"
