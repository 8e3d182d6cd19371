"""Every text that somebody can write carries a marker. The record outlives an erasure, so no marker may get into it."""

from typing import Any

import pytest

from cli.tools import operator
from config.container import Container
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.intake.accept import withdraw
from pipeline.notification.suppression import lift, suppress
from pipeline.review.claims import service
from pipeline.workflows import find_submissions
from tests.support.account import COMPANY, PROCUREMENT, Account, person
from tests.support.bodies import avatar_body, verification_body
from tests.support.colleagues import SENIOR, handed, passed_up
from tests.support.command import command
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api
from tests.support.people import hasty, signed_in
from tests.support.sessions import Session

MARKER = "Zyxomarker"
MEMBER = {
    "name": f"{MARKER} Byron",
    "email": f"{MARKER.lower()}@shop.example.com",
    "age_band": MARKER,
}


def submitted(desk: Desk, member_id: str, *, verification: bool = False) -> Any:
    key = desk.upload(photo())
    body = (
        verification_body({"bank_statement": key}, member_id=member_id)
        if verification
        else avatar_body(key, member_id=member_id)
    )
    named: dict[str, Any] = {**body, "member": MEMBER}
    if verification:
        named["form"] = {"company_name": MARKER}
        named["materials"][0]["file"]["filename"] = f"{MARKER}.jpg"
    found = desk.accept(named).id
    desk.inspect()
    return found


@pytest.fixture
def used(desk: Desk, api: Api, tools: Container, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk at which a member, upstream, reviewers, a lead and an operator have written the marker wherever they could."""
    for name in ("r-1", "r-2"):
        add_reviewer(name, name=f"{MARKER} Lee", roles=(Role.REVIEWER, *SENIOR), actor=operator(), db=tools.db)
    _members(desk, api)
    _cases(desk)
    _operators(tools, monkeypatch)
    visitor = signed_in(hasty(tools), "lead", roles=(Role.LEAD, Role.REVIEWER))
    visitor.get(f"/console/find?q={MARKER}")
    visitor.sign_in(MARKER, MARKER)
    visitor.sign_in("lead", MARKER)
    find_submissions.find(MARKER, reviewer_id="r-1", db=tools.db, policy=tools.policy, digests=tools.audit_digests)
    desk.run_due()
    return desk


def _members(desk: Desk, api: Api) -> None:
    account = Account(api, desk, "m-9")
    account.put("personal-information", person(name=f"{MARKER} Byron", email=MEMBER["email"]))
    account.put("business-card", {"name": MARKER, "company_name": MARKER})
    account.put("company-information", {**COMPANY, "name": MARKER})
    account.put("procurement-information", {**PROCUREMENT, "preferences": [MARKER]})
    account.confirm()
    account.get("public")
    reason = {"reason": f"{MARKER} was right"}
    assert (
        account.administer("/v1/members/m-9/points/corrections", {"points": 5, **reason}, once="a").status_code == 201
    )
    stage = {"stage": "verified", "unlocked": True, "because": "mistake", **reason}
    assert account.administer("/v1/members/m-9/membership/corrections", stage, once="b").status_code == 201
    Session(api, "m-9", name=f"{MARKER} Byron").get("/v1/members/m-9/membership")
    suppress((MEMBER["email"],), reason="bounce", source="mailer", db=desk.tools.db)
    lift(MEMBER["email"], actor="lead", db=desk.tools.db)


def _cases(desk: Desk) -> None:
    submitted(desk, "m-1")
    desk.reject(message=f"{MARKER} is not you", note=MARKER)
    submitted(desk, "m-2", verification=True)
    desk.approve(note=MARKER)
    submitted(desk, "m-3")
    passed_up(desk, desk.claimed(), note=f"{MARKER}?")
    submitted(desk, "m-4")
    handed(desk, desk.claimed(), "r-2", note=MARKER)
    submitted(desk, "m-5")
    held = desk.claimed()
    service.release(held.id, held.token, reviewer_id="r-1", context=desk.tools.review, skip_reason=f"I know {MARKER}")
    withdraw(submitted(desk, "m-6"), caller="upstream", db=desk.tools.db)


def _operators(tools: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    run = command(tools, monkeypatch)
    run("member", "link", "m-9", "--name", MARKER, "--email", MEMBER["email"])
    run("webhook", "add", f"https://shop.example.com/{MARKER}")
    tasks = run("task", "list", "--json")
    assert tasks.exit_code == 0
    run("audit", "export", "--member", "m-9")


def test_no_text_that_anybody_wrote_is_in_the_record(used: Desk) -> None:
    found = used.sql("SELECT event, a::text AS all FROM audit a WHERE a::text ~* :marker", marker=MARKER)
    events = {row[0] for row in used.sql("SELECT DISTINCT event FROM audit")}

    assert found == []
    assert len(events) > 25, sorted(events)
    assert {
        "claim.escalated",
        "membership.corrected",
        "points.corrected",
        "account.changed",
        "sign_in.refused",
    } <= events


def test_nor_is_it_in_what_is_counted_before_it_is_written(used: Desk) -> None:
    assert used.sql("SELECT 1 FROM audit_tally t WHERE t::text ~* :marker", marker=MARKER) == []


def test_the_marker_was_written_all_the_same(used: Desk) -> None:
    """Else the two tests before this one could not fail."""
    places = ("submission", "section", "decision", "skip", "reviewer", "claim")
    kept = {name for name in places if _has_marker(used, name)}

    assert {"submission", "decision", "skip", "reviewer"} <= kept


def _has_marker(desk: Desk, table: str) -> bool:
    if not desk.sql("SELECT to_regclass(:name) IS NOT NULL", name=table)[0][0]:
        return False
    return bool(desk.sql(f"SELECT 1 FROM {table} t WHERE t::text ~* :marker LIMIT 1", marker=MARKER))  # noqa: S608  (our tables)
