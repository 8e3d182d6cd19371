import jsonschema
import pytest

from config.policy import load_policy
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.methods import GERMAN_WRONG, email_body, judged, sent

IDENTITIES = list(load_policy().identities)


def test_the_ladder_says_what_each_stage_brings_and_how_it_is_unlocked(api: Api) -> None:
    ladder = api.get("/v1/membership/ladder").json()

    trusted = ladder["stages"][2]
    assert [each["stage"] for each in ladder["stages"]] == ["registered", "verified", "trusted", "premier"]
    assert trusted["new_benefits"] == ["rfq_quotation", "priority_support"]
    assert trusted["unlocked_by"] == ["verification", "spend"]
    assert [(each["method"], each["chances"]) for each in trusted["methods"]] == [
        ("materials", 5),
        ("tax_number", 5),
        ("business_email", 5),
    ]
    assert [each["stage"] for each in ladder["stages"] if not each["methods"]] == ["registered", "premier"]
    assert ladder["identities"] == IDENTITIES


def test_a_new_member_sees_the_next_stages_and_every_method_open(api: Api) -> None:
    view = api.get("/v1/members/m-1/membership").json()

    assert (view["level"], view["rank"]) == ("registered", 0)
    assert [each["stage"] for each in view["stages"] if each["next"]] == ["verified", "trusted", "premier"]
    assert {each["open"] for each in view["stages"][1]["methods"]} == {True}


def test_a_member_sees_what_is_under_review_and_until_when_and_why(api: Api, desk: Desk) -> None:
    first = desk.accept(verification_body())
    second = sent(desk)

    verified = api.get("/v1/members/m-1/membership").json()["stages"][1]

    by_method = {each["method"]: each for each in verified["under_review"]}
    assert by_method.keys() == {"materials", "business_email"}
    assert by_method["materials"]["submission_id"] == str(first.id)
    assert by_method["materials"]["due"]["why"].startswith("4 working days (DE) from acceptance")
    assert by_method["materials"]["code_expires_at"] is None
    assert by_method["business_email"]["submission_id"] == str(second.id)
    assert (by_method["business_email"]["state"], by_method["business_email"]["code_expires_at"] is None) == (
        "awaiting_code",
        False,
    )


def test_a_method_without_chances_is_closed_and_says_why(api: Api, desk: Desk) -> None:
    for _ in range(5):
        judged(desk, *GERMAN_WRONG)

    verified = api.get("/v1/members/m-1/membership").json()["stages"][1]

    assert [(each["method"], each["chances_left"], each["closed_because"]) for each in verified["methods"]] == [
        ("materials", 5, None),
        ("tax_number", 0, "no_chances_left"),
        ("business_email", 5, None),
    ]
    assert verified["chances_left"] == {"materials": 5, "tax_number": 0, "business_email": 5}
    assert verified["under_review"] == []


def test_an_unlocked_stage_has_its_methods_closed_and_is_next_no_more(api: Api, desk: Desk) -> None:
    desk.case_waiting(kind="verification")
    desk.approve()
    desk.run_due()

    view = api.get("/v1/members/m-1/membership").json()

    assert (view["level"], [each["stage"] for each in view["stages"] if each["next"]]) == (
        "verified",
        ["trusted", "premier"],
    )
    assert {each["closed_because"] for each in view["stages"][1]["methods"]} == {"unlocked"}


def test_every_identity_comes_with_its_form_and_what_its_materials_must_show(api: Api) -> None:
    identities = api.get("/v1/membership/identities").json()

    assert [each["identity"] for each in identities] == IDENTITIES
    retailer = identities[0]
    assert retailer["form"]["required"] == ["store_name", "store_link"]
    assert [(each["kind"], [shown["code"] for shown in each["must_show"]]) for each in retailer["materials"]] == [
        ("store_back_office", ["store_name", "order_information"]),
        ("store_flow", ["period", "amount"]),
    ]


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_form_that_its_schema_accepts_is_accepted(api: Api, identity: str) -> None:
    response = api.get(f"/v1/membership/identities/{identity}/form.schema.json")
    body = email_body(identity=identity)

    jsonschema.validate(body["form"], response.json(), cls=jsonschema.Draft202012Validator)
    accepted = api.submit(body)

    assert response.headers["content-type"] == "application/schema+json"
    assert accepted.status_code == 202


def test_an_identity_that_is_not_there_has_no_form(api: Api) -> None:
    response = api.get("/v1/membership/identities/hermit/form.schema.json")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_countries_whose_tax_numbers_can_be_checked_are_listed(api: Api) -> None:
    countries = api.get("/v1/membership/tax-countries").json()

    (austria,) = (each for each in countries if each["country"] == "AT")
    assert austria["number"] == "UID (Umsatzsteuer-Identifikationsnummer, Austrian VAT number)"
    assert austria["kinds"][0] == austria["number"]
