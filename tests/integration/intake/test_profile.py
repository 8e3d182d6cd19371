"""A case's profile: what upstream says of the member, filled from their account; a question about it is asked where there is one."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.errors import Invalid
from pipeline.review.quality.golden import mark
from pipeline.submission.tables import submission
from schemas.cases import Case
from schemas.quality import GoldenRequest
from tests.support.account import Account, person
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.people import Visitor, signed_in
from tests.support.quality import checking

REASON = "does_not_match_profile"
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


# The reason of a rejection that has to do with the profile


@pytest.fixture
def visitor(desk: Desk) -> Visitor:
    return signed_in(desk.tools, "m.lee")


PROFILES: list[tuple[dict[str, str], bool]] = [
    ({}, False),
    ({"timezone": "UTC", "locale": "zh"}, False),
    ({"gender": "Female"}, True),
    ({"age_band": "30-39"}, True),
    ({"identity": "wholesaler"}, True),
]


@pytest.mark.parametrize(("said", "offered"), PROFILES)
def test_at_the_api_the_reason_is_offered_and_taken_only_with_a_profile(
    said: dict[str, str], *, offered: bool, api: Api, desk: Desk
) -> None:
    case_id = desk.clear(desk.accept({**avatar_body(), "member": member(**said)}).id)
    shown = api.post("/v1/review/claims", {}).json()
    claim = shown["claim"]

    fixed = {"token": claim["token"], "fence": claim["fence"], "version": shown["version"], "verdict": "reject"}
    answer = api.post(f"/v1/review/claims/{claim['id']}/decision", {**fixed, "reasons": ["group_photo", REASON]})

    codes = [each["code"] for each in shown["reasons"]]
    assert (REASON in codes, "group_photo" in codes) == (offered, True)
    if offered:
        assert desk.state(case_id) == "rejected"
    else:
        assert (answer.status_code, problems(answer)) == (422, [("reasons.1", "unknown_reason")])
        assert desk.state(case_id) == "in_review"


@pytest.mark.parametrize(("said", "offered"), [PROFILES[0], PROFILES[2]])
def test_in_the_console_the_reason_is_offered_and_taken_only_with_a_profile(
    said: dict[str, str], *, offered: bool, visitor: Visitor, desk: Desk
) -> None:
    case_id = desk.clear(desk.accept({**avatar_body(), "member": member(**said)}).id)
    claim = desk.claimed("m.lee")
    page = visitor.get(f"/console/cases/{claim.id}").text

    fixed: dict[str, Any] = {"token": claim.token, "fence": claim.fence, "version": desk.case(claim).version}
    visitor.post(f"/console/cases/{claim.id}/decision", **fixed, verdict="reject", reasons=[REASON])

    assert (f'value="{REASON}"' in page, 'value="group_photo"' in page) == (offered, True)
    assert desk.state(case_id) == ("rejected" if offered else "in_review")


def test_a_profile_from_the_account_offers_the_reason(account: Account, desk: Desk) -> None:
    assert account.put("personal-information", person(gender="male")).is_success

    case = case_of(desk)

    assert desk.reject(case.claim, reasons=(REASON,)).state == "rejected"


@pytest.mark.parametrize(("said", "refused"), [({}, [("reasons.0", "unknown_reason")]), ({"gender": "male"}, [])])
def test_a_case_without_a_profile_has_no_such_right_answer(
    said: dict[str, str], refused: list[tuple[str, str]], desk: Desk
) -> None:
    desk = checking(desk, sample={}, mix=0.0, golden=1.0)
    add_reviewer("lead", db=desk.tools.db)
    case = case_of(desk, **said)
    desk.approve(case.claim)
    golden = GoldenRequest(submission_id=case.submission_id, verdict="reject", reasons=(REASON,))

    assert _refused(lambda: mark(golden, by="lead", context=desk.tools.review)) == refused


def _refused(act: Callable[[], object]) -> list[tuple[str, str]]:
    try:
        act()
    except Invalid as error:
        return [(each.path, each.code) for each in error.problems]
    return []


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
