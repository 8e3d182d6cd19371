"""Attacks on what a reviewer must not see: cases, pictures, states and mails of members with whom they have to do."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import Forbidden, NotFound
from pipeline.kernel.rules.digests import member_digest
from pipeline.review.quality.adjudication import adjudicate, adjudication, adjudications, page_of
from pipeline.review.quality.golden import golden_cases, mark
from pipeline.submission.audit import audit
from pipeline.workflows.reviewers import relate
from schemas.claims import Claim
from schemas.quality import AdjudicationRequest, GoldenRequest
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.people import Visitor, signed_in
from tests.support.quality import blind, checking, only_check


@pytest.fixture
def browser(desk: Desk) -> Visitor:
    return signed_in(desk.tools, "r-1")


def of_member(desk: Desk, member_id: str, **more: Any) -> UUID:
    """An avatar in review, with its pictures."""
    made = desk.submit_avatar(member_id, **more)
    desk.inspect()
    return made


def declare(browser: Visitor, value: str, kind: str = "member") -> None:
    assert browser.post("/console/account/relations", kind=kind, value=value).status_code == 303


def seen(browser: Visitor, held: Claim, material_id: UUID) -> dict[str, httpx.Response]:
    """What each way to a case answers."""
    home = f"/console/cases/{held.id}"
    token: dict[str, Any] = {
        "token": str(held.token),
        "fence": held.fence,
        "version": 2,
        "verdict": "reject",
        "reasons": "group_photo",
    }
    return {
        "case": browser.get(home),
        "large": browser.get(f"{home}/pages/{material_id}/1/large"),
        "small": browser.get(f"{home}/pages/{material_id}/1/small"),
        "beside": browser.get(f"{home}/beside/{held.submission_id}"),
        "mail": browser.post(f"{home}/mail", **token),
        "html": browser.post(f"{home}/mail/html", **token),
        "renew": browser.post(f"{home}/renew", **token),
        "back": browser.post(f"{home}/back"),
        "decision": browser.post(f"{home}/decision", **token),
        "redaction": browser.post(f"{home}/redactions", material=str(material_id), page=1, box="0 0 9 9", **token),
    }


def test_what_one_holds_of_a_member_is_gone_once_one_has_to_do_with_them(desk: Desk, browser: Visitor) -> None:
    submission = of_member(desk, "m-1")
    held = desk.claimed("r-1")
    (file,) = desk.case(held).materials

    declare(browser, "m-1")

    assert {answer.status_code for answer in seen(browser, held, file.id).values()} <= {403, 404}
    assert desk.claim_next("r-1") is None
    assert desk.claimed("r-2").submission_id == submission


def test_a_relation_that_was_set_beside_the_console_hides_a_case_that_is_held(desk: Desk, browser: Visitor) -> None:
    of_member(desk, "m-1")
    held = desk.claimed("r-1")
    (file,) = desk.case(held).materials

    add_reviewer("r-1", related_members=["m-1"], db=desk.tools.db)

    answers = seen(browser, held, file.id)
    assert {answer.status_code for name, answer in answers.items() if name != "renew"} == {403}
    assert browser.get("/console/").text.count("Go on with your case") == 0


def test_nothing_of_a_related_member_is_found_by_any_id(desk: Desk, browser: Visitor) -> None:
    submission = of_member(desk, "m-1")
    assert all("m-1" in browser.get(f"/console/find?q={q}").text for q in ("m-1", submission, "trace-1"))

    declare(browser, "m-1")

    found = [browser.get(f"/console/find?q={q}").text for q in ("m-1", submission, "trace-1")]
    assert not any("in review" in page or "<td" in page for page in found)


def test_ones_own_submissions_are_those_of_a_related_member(desk: Desk, browser: Visitor) -> None:
    of_member(desk, "r-1")

    assert desk.claim_next("r-1") is None
    assert "<td" not in browser.get("/console/find?q=r-1").text


def test_the_picture_of_a_related_member_is_not_shown_beside_one_that_it_is_like(desk: Desk, browser: Visitor) -> None:
    same = photo()
    of_member(desk, "m-2", body=same)
    desk.approve(desk.claimed("r-2"))
    (theirs,) = [row.id for row in desk.sql("SELECT id FROM submission WHERE member_id = 'm-2'")]
    of_member(desk, "m-1", body=same)
    held = desk.claimed("r-1")
    assert [like.member_id for like in desk.case(held).materials[0].duplicates] == ["m-2"]
    assert browser.get(f"/console/cases/{held.id}/beside/{theirs}").status_code == 200

    declare(browser, "m-2")

    assert desk.case(held).materials[0].duplicates == ()
    assert browser.get(f"/console/cases/{held.id}/beside/{theirs}").status_code == 404
    assert "m-2" not in browser.get(f"/console/cases/{held.id}").text


def test_a_company_is_all_members_who_named_it_however_it_is_written(desk: Desk, browser: Visitor) -> None:
    desk.case_waiting("m-1", kind="verification")
    of_member(desk, "m-1")
    held = desk.claimed("r-1")

    declare(browser, "  blue DOOR   ltd", kind="company")

    assert browser.get(f"/console/cases/{held.id}").status_code == 404
    assert desk.claim_next("r-1") is None
    assert "<td" not in browser.get("/console/find?q=m-1").text
    desk.case_waiting("m-2")
    assert desk.claimed("r-1").submission_id


def test_who_says_that_they_know_a_member_gets_no_other_case_of_theirs(desk: Desk, browser: Visitor) -> None:
    desk.case_waiting("m-1")
    held = desk.claimed("r-1")
    token = str(held.token)
    browser.post(f"/console/cases/{held.id}/skip", token=token, reason="known_member")
    desk.case_waiting("m-1", kind="verification")

    assert desk.claim_next("r-1") is None
    assert "<td" not in browser.get("/console/find?q=m-1").text


def test_nobody_ends_what_they_have_to_do_with_themselves(desk: Desk, browser: Visitor) -> None:
    declare(browser, "m-1")
    lead = signed_in(desk.tools, "lead", roles=[Role.LEAD])
    lead.post("/console/relations", reviewer_id="lead", kind="member", value="m-2")

    assert browser.post("/console/relations/r-1/end", kind="member", value="m-1").status_code == 403
    assert lead.post("/console/relations/lead/end", kind="member", value="m-2").status_code == 403
    assert lead.post("/console/relations/r-1/end", kind="member", value="m-1").status_code == 303

    told = [(row.event, row.actor, row.detail) for row in desk.rows(audit) if row.event.startswith("relation.")]
    assert [(event, actor, detail["reviewer"], detail["member"]) for event, actor, detail in told] == [
        ("relation.declared", "r-1", "r-1", member_digest("m-1")),
        ("relation.declared", "lead", "lead", member_digest("m-2")),
        ("relation.ended", "lead", "r-1", member_digest("m-1")),
    ]
    assert all(detail["credential"]["kind"] == "session" for _, _, detail in told)


def test_a_lead_neither_sees_nor_rules_on_what_a_related_members_case_was(desk: Desk) -> None:
    desk = checking(desk)
    submission = of_member(desk, "m-1")
    desk.approve()
    desk.case_waiting("m-2")
    desk.reject(blind(desk))
    check_id, context = only_check(desk), desk.tools.review
    (page,) = adjudication(check_id, by="lead", context=context).pages
    add_reviewer("lead", roles=[Role.LEAD], db=desk.tools.db)

    relate("lead", "member", "m-1", actor="ada", db=desk.tools.db)

    assert adjudications(by="lead", context=context) == ()
    with pytest.raises(NotFound):
        adjudication(check_id, by="lead", context=context)
    with pytest.raises(NotFound):
        page_of(check_id, page.material_id, page.page, by="lead", context=context)
    with pytest.raises(NotFound):
        adjudicate(check_id, AdjudicationRequest(ruling="first"), by="lead", context=context)
    request = GoldenRequest(submission_id=submission, verdict="approve")
    with pytest.raises(Forbidden):
        mark(request, by="lead", context=context)
    add_reviewer("another", roles=[Role.LEAD], db=desk.tools.db)
    mark(request, by="another", context=context)
    assert golden_cases(by="lead", context=context) == ()
    assert len(golden_cases(by="another", context=context)) == 1
