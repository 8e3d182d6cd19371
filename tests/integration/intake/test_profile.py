"""A case's profile: what upstream says of the member, filled from their account; a question about it is asked where there is one."""

from typing import Any

import pytest

from pipeline.kernel.errors import Invalid
from pipeline.submission.tables import submission
from schemas.cases import Case
from tests.support.account import Account, person
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.http import Api, problems

ASKED = ["single_person", "fits_business", "matches_profile"]


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


def case_of(desk: Desk, **said: Any) -> Case:
    """The case of an avatar with this profile."""
    desk.clear(desk.accept({**avatar_body(), "member": member(**said)}).id)
    return desk.case(desk.claimed())


def asked(case: Case) -> list[str]:
    return [item.code for each in case.materials for item in each.checklist]


def test_the_account_fills_what_upstream_does_not_say(account: Account, desk: Desk) -> None:
    assert account.put("personal-information", person(gender="male", locale="es", timezone="Europe/Madrid")).is_success

    case = case_of(desk)

    assert (case.member.gender, case.member.locale, case.member.timezone) == ("male", "es", "Europe/Madrid")
    assert case.language == "es"
    assert asked(case) == ASKED


def test_what_upstream_says_is_kept(account: Account, desk: Desk) -> None:
    assert account.put("personal-information", person(gender="male", locale="es", timezone="Europe/Madrid")).is_success

    case = case_of(desk, gender="female", locale="en", timezone="UTC")

    assert (case.member.gender, case.member.locale, case.member.timezone) == ("female", "en", "UTC")


@pytest.mark.parametrize("said", [{}, {"timezone": "UTC"}, {"locale": "zh"}])
def test_without_a_profile_nothing_is_asked_about_it(said: dict[str, str], desk: Desk) -> None:
    case = case_of(desk, **said)

    assert asked(case) == ASKED[:2]
    assert desk.approve(case.claim).state == "approved"


@pytest.mark.parametrize("said", [{"gender": "other"}, {"age_band": "30-39"}, {"identity": "wholesaler"}])
def test_with_a_profile_an_approval_answers_for_it(said: dict[str, str], desk: Desk) -> None:
    case = case_of(desk, **said)
    request = desk.request(case.claim)
    unanswered = request.materials[0].model_copy(update={"checklist": dict.fromkeys(ASKED[:2], True)})

    with pytest.raises(Invalid) as refused:
        desk.decide(case.claim, request.model_copy(update={"materials": (unanswered,)}))

    assert [each.code for each in refused.value.problems] == ["missing_answer"]


@pytest.mark.parametrize("gender", ["she", "f", "woman", "m\u00e4nnlich"])
@pytest.mark.parametrize("body", [avatar_body(), verification_body()], ids=["avatar", "verification"])
def test_a_gender_is_one_of_the_words_of_the_account(gender: str, body: dict[str, Any], api: Api) -> None:
    answer = api.submit({**body, "member": member(gender=gender)})

    assert (answer.status_code, problems(answer)) == (422, [("member.gender", "unknown_gender")])


def test_a_gender_in_another_case_is_the_same_word(desk: Desk) -> None:
    desk.accept({**avatar_body(), "member": member(gender="Female")})

    assert [row.member["gender"] for row in desk.rows(submission)] == ["female"]


def test_a_link_for_a_profile_that_no_submission_may_have_is_refused(api: Api) -> None:
    answer = api.post("/v1/sessions", {"member_id": "m-1", "member": member(gender="she")})

    assert (answer.status_code, problems(answer)) == (422, [("member.gender", "unknown_gender")])
