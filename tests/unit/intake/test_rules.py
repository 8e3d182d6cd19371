from typing import Any

import pytest

from config.policy import load_policy
from pipeline.intake.rules import lowest_free, verification_problems
from pipeline.kernel.validation import parse_submission
from pipeline.policy import Policy
from tests.support.bodies import FORMS, verification_body, whole_verification

POLICY = load_policy()


def any_of(identity: str) -> Policy:
    """The policy under which one of an identity's materials will do."""
    relaxed = POLICY.identities[identity].model_copy(update={"required": "any"})
    return POLICY.model_copy(update={"identities": {**POLICY.identities, identity: relaxed}})


def wrong(body: dict[str, Any], policy: Policy = POLICY) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in verification_problems(parse_submission(body), policy)]


def test_the_domain_knows_eight_identities() -> None:
    assert set(POLICY.identities) == set(FORMS)
    assert len(FORMS) == 8


@pytest.mark.parametrize("identity", FORMS)
def test_a_whole_submission_of_each_identity_is_fine(identity: str) -> None:
    assert wrong(whole_verification(POLICY, identity)) == []


@pytest.mark.parametrize(
    ("identity", "kinds"),
    [
        ("online_retailer", ["store_back_office", "store_flow"]),
        ("offline_retailer", ["store_photo", "business_licence", "bank_statement"]),
        ("wholesaler", ["bank_statement"]),
        ("service_provider", ["bank_statement"]),
        ("manufacturer", ["bank_statement"]),
        ("influencer", ["social_media_home"]),
        ("organization", ["bank_statement"]),
        ("other", ["bank_statement"]),
    ],
)
def test_each_identity_has_the_materials_of_the_domain(identity: str, kinds: list[str]) -> None:
    assert [each.kind for each in POLICY.identities[identity].materials] == kinds


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"stage": "heaven"}, ("stage", "unknown_stage")),
        ({"stage": "registered"}, ("stage", "stage_not_by_verification")),
        ({"stage": "premier"}, ("stage", "stage_not_by_verification")),
        ({"identity": "wizard"}, ("identity", "unknown_identity")),
        ({"form": {}}, ("form.company_name", "missing_field")),
        ({"form": {"company_name": "   "}}, ("form.company_name", "missing_field")),
        ({"form": {"company_name": "B", "size": "9"}}, ("form.size", "unknown_field")),
        ({"form": {"company_name": "B" * 201}}, ("form.company_name", "too_long")),
        ({"form": {"company_name": "B", "company_website": "bluedoor"}}, ("form.company_website", "invalid_url")),
    ],
)
def test_what_is_wrong_is_found_with_its_path(changes: dict[str, Any], problem: tuple[str, str]) -> None:
    assert wrong({**verification_body(), **changes}) == [problem]


def test_both_verifiable_stages_may_be_asked_for() -> None:
    assert wrong(verification_body(stage="verified")) == wrong(verification_body(stage="trusted")) == []


def test_an_optional_field_may_be_left_out_or_empty() -> None:
    form = {"company_name": "Blue Door", "company_website": ""}

    assert wrong({**verification_body(), "form": form}) == []


@pytest.mark.parametrize(
    "address",
    [
        "bluedoor.example.com",
        "ftp://bluedoor.example.com",
        "javascript:alert(1)",
        "https://",
        "https://localhost",
        "https://blue door.example.com",
        "https://[half",
        "//bluedoor.example.com",
    ],
)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    form = {**FORMS["online_retailer"], "store_link": address}

    assert wrong({**whole_verification(POLICY, "online_retailer"), "form": form}) == [
        ("form.store_link", "invalid_url")
    ]


@pytest.mark.parametrize(
    "address", ["http://shop.example.com", "https://läden.example.com/zoë?a=b#c", "HTTPS://SHOP.EXAMPLE.COM:8443"]
)
def test_a_web_address_is_accepted(address: str) -> None:
    form = {**FORMS["online_retailer"], "store_link": address}

    assert wrong({**whole_verification(POLICY, "online_retailer"), "form": form}) == []


def test_all_materials_are_needed_where_the_policy_says_all() -> None:
    body = verification_body({"store_photo": "k"}, identity="offline_retailer")

    assert wrong(body) == [("materials", "missing_material"), ("materials", "missing_material")]


def test_one_material_will_do_where_the_policy_says_any() -> None:
    body = verification_body({"store_photo": "k"}, identity="offline_retailer")

    assert wrong(body, any_of("offline_retailer")) == []


def test_a_material_of_another_identity_will_not_do_even_where_any_will() -> None:
    body = verification_body({"social_media_home": "k"}, identity="offline_retailer")

    assert wrong(body, any_of("offline_retailer")) == [("materials.0.kind", "unknown_material")]


def test_an_unknown_material_is_named_by_its_place() -> None:
    body = verification_body({"bank_statement": "k", "wand": "w"})

    assert wrong(body) == [("materials.1.kind", "unknown_material")]


@pytest.mark.parametrize(
    ("taken", "limit", "free"),
    [
        ([], 5, 1),
        ([1, 2], 5, 3),
        ([2, 3], 5, 1),
        ([1, 3], 5, 2),
        ([1, 2, 3, 4, 5], 5, None),
        ([4, 1], 2, None),
        ([1], 1, None),
    ],
)
def test_the_lowest_free_chance_is_given_out(taken: list[int], limit: int, free: int | None) -> None:
    assert lowest_free(taken, limit) == free
