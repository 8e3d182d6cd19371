from typing import Any

import pytest

from config.container import Container
from pipeline.account.tables import account_section
from pipeline.kernel.rules.digests import member_digest
from tests.support.account import ADDRESS, ALL_OPEN, CARD, COMPANY, PROCUREMENT, Account, person
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.servers import variant
from tests.support.together import at_once

SECTIONS: dict[str, dict[str, Any]] = {
    "personal-information": person(),
    "business-card": CARD,
    "procurement-information": PROCUREMENT,
    "company-information": COMPANY,
    "privacy": ALL_OPEN,
}
EVERY = pytest.mark.parametrize(("name", "body"), SECTIONS.items(), ids=SECTIONS)
NOT_YET = [name for name in SECTIONS if name != "privacy"]


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


def other_words(name: str) -> dict[str, Any]:
    """The same section, saying something else."""
    more = {"personal-information": {"name": "Ada King"}, "privacy": {"personal_information": "nobody"}}
    fallback = {"frequency": "weekly"} if name == "procurement-information" else {"name": "Ada King"}
    return {**SECTIONS[name], **more.get(name, fallback)}


def test_personal_information_is_kept_in_its_normal_form(account: Account) -> None:
    response = account.put("personal-information", person(email="ada@SHOP.example.com", gender="female"))

    body = response.json()
    assert response.status_code == 200
    assert (body["email"], body["phone"], body["gender"]) == (ADDRESS, "+4915123456789", "female")
    assert (body["version"], response.headers["ETag"], body["email_confirmed_at"]) == (1, '"1"', None)
    assert account.get("personal-information").json() == body


def test_business_information_is_kept_in_its_normal_form(account: Account) -> None:
    card = account.put("business-card", CARD).json()["content"]
    company = account.put("company-information", {**COMPANY, "website": "https://bluedoor.example.com"}).json()[
        "content"
    ]

    assert card["phone"] == "+4930123456"
    assert (company["country"], company["website"]) == ("DE", "https://bluedoor.example.com/")


@pytest.mark.parametrize("name", NOT_YET)
def test_a_section_that_nobody_has_written_is_not_found(account: Account, name: str) -> None:
    response = account.get(name)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_privacy_that_nobody_chose_is_what_the_policy_says(account: Account) -> None:
    response = account.get("privacy")

    assert response.json()["content"] == {"personal_information": "nobody", "procurement_information": "nobody"}
    assert (response.json()["version"], response.headers["ETag"]) == (0, '"0"')


@EVERY
def test_a_section_is_replaced_against_the_version_that_was_seen(
    account: Account, name: str, body: dict[str, Any]
) -> None:
    account.put(name, body)

    response = account.put(name, other_words(name), seen=1)

    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    assert account.get(name).json()["version"] == 2


@EVERY
@pytest.mark.parametrize("seen", [None, 2])
def test_a_section_that_has_changed_since_is_not_overwritten(
    account: Account, name: str, body: dict[str, Any], seen: int | None
) -> None:
    before = account.put(name, body).json()

    response = account.put(name, other_words(name), seen=seen)

    assert (response.status_code, response.json()["code"]) == (409, "stale_version")
    assert account.get(name).json() == before


@EVERY
def test_what_says_the_same_changes_nothing_and_can_be_sent_again(
    account: Account, desk: Desk, name: str, body: dict[str, Any]
) -> None:
    first = account.put(name, body).json()

    again = account.put(name, body)

    assert (again.status_code, again.json()) == (200, first)
    assert len(desk.audited()) == 1


def test_of_ten_who_saw_the_same_version_one_writes(account: Account, desk: Desk) -> None:
    account.put("business-card", CARD)

    answers, _ = at_once(10, lambda at: account.put("business-card", {**CARD, "name": f"Ada {at}"}, seen=1).status_code)

    assert sorted(answers) == [200, *[409] * 9]
    assert [row.version for row in desk.rows(account_section)] == [2]


def test_of_ten_who_write_first_one_does(account: Account, desk: Desk) -> None:
    answers, _ = at_once(10, lambda at: account.put("business-card", {**CARD, "name": f"Ada {at}"}).status_code)

    assert sorted(answers) == [200, *[409] * 9]
    assert [row.version for row in desk.rows(account_section)] == [1]


def test_the_history_names_what_changed_and_never_what_it_says(account: Account, desk: Desk) -> None:
    account.put("personal-information", person())
    account.put("personal-information", person(name="Ada King"), seen=1)

    first, second = desk.audited()

    assert first.detail["fields"] == ["email", "name", "phone"]
    detail = dict(second.detail)
    assert detail.pop("credential")["kind"] == "key"
    assert detail == {
        "member": member_digest("m-1"),
        "section": "personal_information",
        "version": 2,
        "fields": ["name"],
    }
    assert (second.event, second.actor) == ("account.changed", "upstream")


@pytest.mark.parametrize("tag", ["3", '"x"', '"-1"', 'W/"1"', '"1", "2"', "*", '"9999999999"'])
def test_an_etag_that_is_not_ours_is_refused(account: Account, tag: str) -> None:
    response = account.put("business-card", CARD, seen=tag)

    assert response.status_code == 422
    assert problems(response) == [("If-Match", "invalid_etag")]


WRONG: dict[str, tuple[str, dict[str, Any], list[tuple[str, str]]]] = {
    "no name": ("personal-information", {"name": " "}, [("name", "invalid_value")]),
    "an unknown gender": ("personal-information", {"gender": "robot"}, [("gender", "unknown_gender")]),
    "no address": ("personal-information", {"email": "ada at home"}, [("email", "invalid_email")]),
    "no phone": ("personal-information", {"phone": "112"}, [("phone", "invalid_phone")]),
    "a landline": ("personal-information", {"phone": "030 123456"}, [("phone", "not_a_mobile_phone")]),
    "an unknown country": (
        "personal-information",
        {"country": "XX", "phone": "+4915123456789"},
        [("country", "unknown_country")],
    ),
    "a field too many": ("personal-information", {"age": 5}, [("age", "unknown_field")]),
    "a zero byte": ("personal-information", {"name": "A\x00"}, [("name", "invalid_value")]),
    "a card without company": ("business-card", {"company_name": None}, [("company_name", "invalid_value")]),
    "a card with no phone number": ("business-card", {"phone": "030 123456"}, [("phone", "invalid_phone")]),
    "a card with no address": ("business-card", {"email": "ada@home"}, [("email", "invalid_email")]),
    "a card with no link": ("business-card", {"website": "javascript:alert(1)"}, [("website", "invalid_value")]),
    "no industry": ("procurement-information", {"industries": []}, [("industries", "invalid_value")]),
    "an unknown industry": (
        "procurement-information",
        {"industries": ["toys", "war"]},
        [("industries.1", "unknown_industry")],
    ),
    "an industry twice": ("procurement-information", {"industries": ["toys", "toys"]}, [("industries", "named_twice")]),
    "an unknown frequency": ("procurement-information", {"frequency": "never"}, [("frequency", "unknown_frequency")]),
    "an amount of nothing": (
        "procurement-information",
        {"annual_volume": {"amount": "0", "currency": "EUR"}},
        [("annual_volume.amount", "invalid_value")],
    ),
    "an amount beyond all bounds": (
        "procurement-information",
        {"annual_volume": {"amount": "1e99", "currency": "EUR"}},
        [("annual_volume.amount", "invalid_value")],
    ),
    "a company of no country": ("company-information", {"country": "Germany"}, [("country", "invalid_value")]),
    "a company of an unknown size": ("company-information", {"size": "huge"}, [("size", "unknown_size")]),
    "a company of the future": ("company-information", {"founded": 2999}, [("founded", "invalid_value")]),
    "a level that is none": (
        "privacy",
        {"personal_information": "friends"},
        [("personal_information", "unknown_personal_information")],
    ),
    "a section that has no privacy": ("privacy", {"business_card": "nobody"}, [("business_card", "unknown_field")]),
}


@pytest.mark.parametrize(("name", "changes", "wrong"), WRONG.values(), ids=WRONG)
def test_a_wrong_section_is_refused_with_path_and_code(
    account: Account, desk: Desk, name: str, changes: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    response = account.put(name, {**SECTIONS[name], **changes})

    assert response.status_code == 422
    assert problems(response) == wrong
    assert desk.rows(account_section) == []


def test_an_address_whose_domain_takes_no_mail_is_refused_where_that_is_asked(
    account: Account, tools: Container
) -> None:
    asking = variant(tools)
    asking.__dict__["takes_mail"] = lambda address: not address.endswith("@nowhere.example.com")
    account.api = account.api.over(asking)

    refused = account.put("personal-information", person(email="ada@nowhere.example.com"))
    taken = account.put("personal-information", person())

    assert problems(refused) == [("email", "undeliverable_email")]
    assert taken.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("name", [*SECTIONS, "subscriptions"])
def test_every_section_asks_for_a_key_with_its_scope(api: Api, name: str, method: str) -> None:
    path = f"/v1/members/m-1/{name}"

    nobody = api.call(method, path, key=None, json=SECTIONS.get(name))
    not_theirs = api.call(method, path, key=api.review_key, json=SECTIONS.get(name))

    assert (nobody.status_code, not_theirs.status_code) == (401, 403)
