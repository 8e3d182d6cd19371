"""The lead's pages: what they show, and what a lead does there."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from pipeline.access.staff.rules.roles import Role
from pipeline.kernel import clock
from pipeline.review.quality.adjudication import adjudications
from pipeline.review.quality.golden import golden_cases
from tests.screenshots import quality
from tests.support.desk import Desk
from tests.support.people import Visitor, signed_in
from tests.support.quality import blind, checking
from tests.support.web import serving
from tests.support.weeks import disagreed, work_for_weeks


@pytest.fixture
def lead(desk: Desk) -> Visitor:
    return signed_in(desk.tools, "lead", roles=[Role.LEAD])


def decided_avatar(desk: Desk) -> UUID:
    case = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.run_due()
    return case


def test_the_numbers_are_drawn_and_stand_in_a_table_beneath(desk: Desk, lead: Visitor) -> None:
    work_for_weeks(desk, clock.now())

    shown = lead.get("/console/quality").text

    assert shown.count('<svg class="chart" role="img"') == 4
    assert shown.count('class="out-of-sight">Handling time by week') == 1
    assert ">a.kim</th>" in shown
    assert "Assumes that cases come in" in shown


def test_a_week_a_queue_and_a_person_can_be_asked_for(desk: Desk, lead: Visitor) -> None:
    work_for_weeks(desk, clock.now())

    one = rows(lead, "reviewers", "weeks=4&reviewer=a.kim")
    other = rows(lead, "queues", "queue=verification")
    old = rows(lead, "weeks", "weeks=1&until=2020-W10")

    assert [row["name"] for row in one] == ["a.kim"]
    assert [row["name"] for row in other] == ["verification"]
    assert [(row["name"], row["decided"]) for row in old] == [("2020-W10", "0")]
    assert lead.get("/console/quality?until=soon").status_code == 422


def rows(lead: Visitor, table: str, query: str) -> list[dict[str, str]]:
    answer = lead.get(f"/console/quality/tables/{table}?{query}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f"quality-{table}.csv" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_lead_sees_what_both_saw_and_rules(desk: Desk, lead: Visitor) -> None:
    case = decided_avatar(desk)
    signed_in(desk.tools, "j.ortiz")
    found = disagreed(desk, case, clock.now() - timedelta(minutes=5))
    page = f"/console/quality/disagreements/{found}"
    (file,) = desk.sql("SELECT id FROM material WHERE submission_id = :id", id=case)[0]

    listed = lead.get("/console/quality/disagreements").text
    shown = lead.get(page).text
    picture = lead.get(f"{page}/pages/{file}/1")
    ruled = lead.post(page, ruling="second", note="older than that")

    assert str(found) in listed
    assert f"{page}/pages/{file}/1" in shown
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/jpeg", "private, no-store")
    assert ruled.status_code == 303
    assert [each.ruling for each in adjudications(done=True, context=desk.tools.review)] == ["second"]
    assert "was right" in lead.get(page).text
    assert lead.post(page, ruling="first").status_code == 409


def test_a_lead_marks_a_golden_case_and_retires_it(desk: Desk, lead: Visitor) -> None:
    case = decided_avatar(desk)
    path = "/console/quality/golden"

    wrong = lead.post(path, submission_id=str(case), verdict="reject", note="")
    right = lead.post(path, submission_id=str(case), verdict="reject", reasons=["group_photo"], note="two faces")
    (made,) = golden_cases(context=desk.tools.review)
    retired = lead.post(f"{path}/{made.id}/retire")

    assert (wrong.status_code, "A rejection needs a reason" in wrong.text) == (422, True)
    assert right.status_code == 303
    assert (made.verdict, made.reasons, made.marked_by) == ("reject", ("group_photo",), "lead")
    assert retired.status_code == 303
    assert "retired" in lead.get(path).text


def test_the_page_fits_a_telephone_and_names_its_charts(desk: Desk, page: Page) -> None:
    decided_avatar(desk)
    quality.prepare(desk)
    page.set_viewport_size({"width": 390, "height": 844})

    with serving(desk.tools) as base:
        quality.numbers(page, desk, base)
        charts = page.get_by_role("img", name="Agreement", exact=True)
        expect(charts).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth")

    assert width == 390


def test_who_holds_a_case_blind_finds_it_in_review_and_afterwards_as_it_is(desk: Desk) -> None:
    often = checking(desk)
    case = decided_avatar(often)
    often.case_waiting("m-other")
    held = blind(often, "m.lee")
    reviewer = signed_in(desk.tools, "m.lee")

    meanwhile = reviewer.get(f"/console/find?q={case}").text
    often.reject(held)

    assert ("in review" in meanwhile.lower(), "approved" in meanwhile.lower()) == (True, False)
    assert "approved" in reviewer.get(f"/console/find?q={case}").text.lower()
