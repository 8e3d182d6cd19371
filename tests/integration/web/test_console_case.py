"""The routes of a case, as its page's scripts use them."""

import io
import re

import pytest
from PIL import Image

from config.container import Container
from pipeline.access.staff.rules.roles import Role
from pipeline.notification.tables import mail
from pipeline.review.cases.sealed import confirm, sealed_redactions
from pipeline.tasks.rules import FORGET_FILES
from schemas.cases import Case
from schemas.claims import Claim
from tests.support.desk import Desk
from tests.support.people import Visitor, signed_in

SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def visitor(tools: Container) -> Visitor:
    return signed_in(tools, "m.lee")


@pytest.fixture
def held(desk: Desk, visitor: Visitor) -> Claim:
    assert visitor
    desk.submit_avatar("m-1")
    desk.inspect()
    return desk.claimed("m.lee")


def test_the_page_of_a_case_has_its_pictures_from_this_address_only(desk: Desk, visitor: Visitor, held: Claim) -> None:
    page = visitor.get(f"/console/cases/{held.id}")

    assert page.status_code == 200
    assert "http" not in page.text.split("<main")[1].replace("http-equiv", "")
    picture = visitor.get(_large(desk, held))
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["cache-control"] == "private, no-store"
    assert "material.opened" in desk.history(held.submission_id)


@pytest.mark.parametrize(("zone", "written"), [("Asia/Kolkata", "IST"), ("", "CES?T"), ("Mars/Olympus", None)])
def test_times_are_on_the_clock_that_the_person_chose(
    visitor: Visitor, held: Claim, zone: str, written: str | None
) -> None:
    answer = visitor.post("/console/preferences", theme="auto", timezone=zone)

    assert answer.status_code == (303 if written else 422)
    if written:
        assert re.search(f'title="[^"]* {written}; for the member ', visitor.get(f"/console/cases/{held.id}").text)


def test_a_picture_is_only_for_who_holds_its_case(desk: Desk, tools: Container, visitor: Visitor, held: Claim) -> None:
    colleague = signed_in(tools, "a.kim")

    assert colleague.get(_large(desk, held)).status_code == 404
    assert colleague.get(f"/console/cases/{held.id}").status_code == 404
    assert visitor.post("/console/leave", held=_held(held)).status_code == 204
    assert visitor.get(_large(desk, held)).status_code == 409


def test_another_members_picture_is_not_shown_beside_a_case_that_it_does_not_look_like(
    desk: Desk, visitor: Visitor, held: Claim
) -> None:
    strangers = desk.submit_verification("m-2")
    desk.inspect()

    assert visitor.get(f"/console/cases/{held.id}/beside/{strangers}").status_code == 404


def test_the_members_earlier_picture_is_shown_beside_a_case(desk: Desk, visitor: Visitor, held: Claim) -> None:
    earlier = desk.submit_verification("m-1")
    desk.inspect()

    assert visitor.get(f"/console/cases/{held.id}/beside/{earlier}").status_code == 200
    assert "material.compared" in desk.history(earlier)


def test_what_is_missing_for_a_decision_is_named_at_its_field(desk: Desk, visitor: Visitor, held: Claim) -> None:
    case = desk.case(held)

    answer = visitor.post(f"/console/cases/{held.id}/decision", **_proof(held, case), verdict="approve")

    (first, *_) = answer.json()["problems"]
    assert answer.status_code == 422
    assert first["field"] == f"check.{case.materials[0].id}.single_person"
    assert first["message"].startswith("Answer this before approving")


def test_a_decision_that_is_sent_twice_takes_effect_once(desk: Desk, visitor: Visitor, held: Claim) -> None:
    form = {**_proof(held, desk.case(held)), "verdict": "reject", "reasons": "group_photo"}
    visitor.client.headers["Idempotency-Key"] = "once"

    first = visitor.post(f"/console/cases/{held.id}/decision", **form)
    again = visitor.post(f"/console/cases/{held.id}/decision", **form)

    assert first.json()["decision"] == again.json()["decision"]


def test_a_page_that_goes_takes_its_claim_along_unless_another_page_has_opened_it_since(
    desk: Desk, visitor: Visitor, held: Claim
) -> None:
    stale = _held(held)
    opened = visitor.post(f"/console/cases/{held.id}/opened", token=str(held.token))
    visitor.post("/console/leave", held=stale)
    assert desk.case(held).claim.lease_until.isoformat() == _until(opened.json())

    visitor.post("/console/leave", held=f"{held.id} {held.token} {opened.json()['lease_until']}")

    assert desk.claimed("a.kim").submission_id == held.submission_id


def test_who_comes_back_to_a_case_has_it_again_where_nobody_took_it(visitor: Visitor, held: Claim) -> None:
    visitor.post("/console/leave", held=_held(held))
    page = visitor.get(f"/console/cases/{held.id}")
    assert page.status_code == 409
    assert "Take it again" in page.text

    back = visitor.post(f"/console/cases/{held.id}/back")

    assert back.status_code == 303
    assert visitor.get(back.headers["location"]).status_code == 200


def test_who_comes_back_too_late_is_told_that_a_colleague_has_it(desk: Desk, visitor: Visitor, held: Claim) -> None:
    visitor.post("/console/leave", held=_held(held))
    desk.claimed("a.kim")

    back = visitor.post(f"/console/cases/{held.id}/back")

    assert back.status_code == 409
    assert "A colleague has taken the case" in back.text


def test_who_holds_as_many_cases_as_one_may_does_not_come_back_to_one_more(
    desk: Desk, visitor: Visitor, held: Claim
) -> None:
    visitor.post("/console/leave", held=_held(held))
    desk.sql("UPDATE submission SET due_at = now() + interval '1 year'")
    for number in range(3):
        desk.case_waiting(f"w-{number}")
        desk.claimed("m.lee")

    back = visitor.post(f"/console/cases/{held.id}/back")

    assert back.status_code == 409
    assert "as many as one person may" in back.text


def test_what_is_redacted_is_in_no_file_any_more(desk: Desk, visitor: Visitor, held: Claim) -> None:
    case = desk.case(held)
    before = set(desk.keys(desk.tools.storage.vault))
    form = {"token": str(held.token), "material": str(case.materials[0].id), "page": "1", "box": "0 0 1000 500"}

    answer = visitor.post(f"/console/cases/{held.id}/redactions", **form)
    assert answer.status_code == 200
    (covered,) = sealed_redactions(db=desk.tools.db)
    confirm(covered.redaction_id, reviewer_id="somebody.else", db=desk.tools.db)
    desk.run_due(FORGET_FILES)

    assert _colour(visitor.get(_large(desk, held)).content, (0.5, 0.25)) == (0, 0, 0)
    assert before.isdisjoint(desk.keys(desk.tools.storage.vault))
    assert desk.keys(desk.tools.storage.uploads) == []
    assert "material.redacted" in desk.history(held.submission_id)


def test_the_mail_is_shown_exactly_as_it_is_frozen_and_nothing_is_kept(
    desk: Desk, visitor: Visitor, held: Claim
) -> None:
    form = {
        **_proof(held, desk.case(held)),
        "verdict": "reject",
        "reasons": "group_photo",
        "message": "Only you, please.",
    }

    lines = visitor.post(f"/console/cases/{held.id}/mail", **form).json()
    html = visitor.post(f"/console/cases/{held.id}/mail/html", **form)
    assert desk.rows(mail) == []
    visitor.post(f"/console/cases/{held.id}/decision", **form)

    (frozen,) = desk.rows(mail)
    assert (lines["to"], lines["subject"], html.text) == (frozen.recipient, frozen.subject, frozen.html)
    assert "sandbox" in html.headers["content-security-policy"]


def test_the_mail_of_a_rejection_needs_its_reason_first(desk: Desk, visitor: Visitor, held: Claim) -> None:
    answer = visitor.post(f"/console/cases/{held.id}/mail", **_proof(held, desk.case(held)), verdict="reject")

    assert answer.json()["problems"][0]["field"] == "reasons"


def test_an_escalation_says_what_to_look_at(visitor: Visitor, held: Claim) -> None:
    answer = visitor.post(f"/console/cases/{held.id}/escalate", token=str(held.token), reason=" ")

    assert answer.json()["problems"] == [
        {"field": "reason", "message": "Say in a sentence what a senior should look at."}
    ]


def test_a_case_is_handed_to_a_colleague_who_finds_it_on_their_page(
    desk: Desk, tools: Container, visitor: Visitor, held: Claim
) -> None:
    colleague = signed_in(tools, "a.kim")
    form = {"token": str(held.token), "colleague": "a.kim", "reason": "Yours?"}

    assert visitor.post(f"/console/cases/{held.id}/hand_over", **form).json() == {"said": "Handed over"}

    assert "m.lee hands it to you" in colleague.get("/console/").text
    offered = desk.sql("SELECT id FROM claim WHERE reviewer_id = 'a.kim'")[0].id
    taken = colleague.post(f"/console/cases/{offered}/take-up")
    assert "Yours?" in colleague.get(taken.headers["location"]).text


def test_a_submission_is_found_by_its_id_and_by_its_member(desk: Desk, visitor: Visitor) -> None:
    submission_id = desk.submit_avatar("m-77")

    assert "m-77" in visitor.get(f"/console/find?q={submission_id}", **SCRIPT).text
    assert "received" in visitor.get("/console/find?q=m-77", **SCRIPT).text
    assert "Nothing is known" in visitor.get("/console/find?q=m-78", **SCRIPT).text


def test_an_empty_queue_says_when_the_next_case_is_expected(desk: Desk, visitor: Visitor) -> None:
    assert "Nothing has been submitted yet" in visitor.get("/console/").text

    desk.submit_avatar()

    assert "expect the next case within a minute" in visitor.get("/console/queue", **SCRIPT).text


def test_who_does_not_review_comes_to_the_first_page_of_theirs(tools: Container) -> None:
    administrator = signed_in(tools, "ada", roles=[Role.ADMIN])

    assert administrator.get("/console/").headers["location"] == "/console/quality"
    assert administrator.post("/console/next").status_code == 403


def _proof(held: Claim, case: Case) -> dict[str, str]:
    files = {"material": str(case.materials[0].id)}
    return {"token": str(held.token), "fence": str(held.fence), "version": str(case.version), **files}


def _held(held: Claim) -> str:
    return f"{held.id} {held.token} {held.lease_until.isoformat()}"


def _until(lease: dict[str, str]) -> str:
    return Claim.model_validate({name: lease[name] for name in Claim.model_fields}).lease_until.isoformat()


def _large(desk: Desk, held: Claim) -> str:
    file = desk.sql("SELECT id FROM material WHERE submission_id = :id", id=held.submission_id)[0].id
    return f"/console/cases/{held.id}/pages/{file}/1/large"


def _colour(body: bytes, spot: tuple[float, float]) -> tuple[int, ...]:
    with Image.open(io.BytesIO(body)) as picture:
        found = picture.convert("RGB").getpixel((int(spot[0] * picture.width), int(spot[1] * picture.height)))
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)
