"""Attacks by which one human is two people: keys for others, links that the administrator opens himself, accounts behind accounts."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.review.tables import opinion
from pipeline.submission.audit import audit
from pipeline.submission.tables import decision
from tests.support.command import Run, command, printed
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.people import PASSWORD, Visitor, hasty, person, signed_in
from tests.support.servers import variant, with_review

BOTH = (Role.REVIEWER, Role.SENIOR)


@pytest.fixture
def tools(tools: Container) -> Container:
    return hasty(variant(with_review(tools, four_eyes=("avatar",)), profile="production"))


@pytest.fixture
def desk(tools: Container) -> Desk:
    return Desk(tools)


@pytest.fixture
def boss(tools: Container) -> Visitor:
    return signed_in(tools, "boss", roles=[Role.ADMIN, Role.SENIOR])


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("PROOFDESK_REVIEW_KEY", raising=False)
    return command(tools, monkeypatch)


def link_for(boss: Visitor, name: str) -> str:
    """A link to choose a password as somebody, which `boss` has made in the console."""
    page = boss.post(f"/console/people/{name}/invitation").text
    found = re.search(r"token=([\w-]+)<", page)
    assert found is not None
    return found[1]


def opened(boss: Visitor, name: str, *, roles: tuple[Role, ...] = BOTH) -> Visitor:
    """`boss` adds somebody, opens the link himself, and is signed in as them."""
    boss.post("/console/people", reviewer_id=name, roles=list(roles))
    return as_invited(boss, name)


def as_invited(boss: Visitor, name: str) -> Visitor:
    browser = Visitor(boss.tools)
    fields = {"token": link_for(boss, name), "new_password": PASSWORD, "again": PASSWORD}
    assert browser.post("/console/invitation", **fields).status_code == 303
    return browser


def own_key(browser: Visitor) -> str:
    page = browser.post("/console/account/keys", name="mine")
    found = re.search(r'id="key">([^<]+)<', page.text)
    assert found is not None, page.text
    return found[1]


def decided(desk: Desk, browser: Visitor) -> httpx.Response:
    """What the console answers to an approval of the next case."""
    start = browser.post("/console/next")
    claim_id = UUID(start.headers["location"].rpartition("/")[2])
    return browser.post(f"/console/cases/{claim_id}/decision", **approval(desk, claim_id))


def approval(desk: Desk, claim_id: UUID) -> dict[str, Any]:
    (row,) = desk.sql(
        "SELECT claim.token, claim.fence, submission.version, submission.id FROM claim "
        "JOIN submission ON submission.id = claim.submission_id WHERE claim.id = :id",
        id=claim_id,
    )
    (material,) = desk.sql("SELECT id FROM material WHERE submission_id = :id", id=row.id)
    items = desk.tools.policy.checklist(kind="avatar", identity=None, material="avatar", profile=False)
    checks = {f"check.{material.id}.{item.code}": "yes" for item in items}
    fixed = {"token": row.token, "fence": row.fence, "version": row.version}
    return {**fixed, "verdict": "approve", "material": str(material.id), **checks}


def by_key(api: Api, key: str) -> httpx.Response:
    """What the API answers to an approval of the next case with this key."""
    case = api.call("POST", "/v1/review/claims", key=key, json={}).json()
    (file,) = case["materials"]
    answers = {"material_id": file["id"], "checklist": {item["code"]: True for item in file["checklist"]}}
    looked_at = {"token": case["claim"]["token"], "fence": case["claim"]["fence"], "version": case["version"]}
    body = {**looked_at, "verdict": "approve", "materials": [answers]}
    return api.call("POST", f"/v1/review/claims/{case['claim']['id']}/decision", key=key, json=body)


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and "two people" in answer.text


def test_an_administrator_makes_no_key_that_speaks_for_another_or_for_himself(
    tools: Container, boss: Visitor, desk: Desk
) -> None:
    add_reviewer("p-1", roles=BOTH, db=tools.db)

    for form in ({"scopes": "review", "reviewer": "p-1"}, {"scopes": ["admin", "review"]}, {"scopes": "review"}):
        assert boss.post("/console/keys", name="desk", **form).status_code == 422
    made = boss.post("/console/keys", name="desk", scopes="admin", reviewer="p-1")

    assert made.status_code == 200
    assert [row.reviewer_id for row in desk.sql("SELECT reviewer_id FROM api_key")] == [None]


def test_nobody_makes_a_key_for_a_person_at_a_terminal_in_production(run: Run) -> None:
    for scopes in (["review"], ["submit"], ["admin"]):
        options = [each for scope in scopes for each in ("--scope", scope)]
        refused = run("key", "create", "--name", "desk", *options, "--reviewer", "p-1")
        assert "made_by_its_person" in str(getattr(refused.exception, "problems", None))

    assert run("key", "create", "--name", "shop", "--scope", "submit").exit_code == 0


def test_nobody_acts_as_anybody_at_a_terminal_in_production(desk: Desk, run: Run) -> None:
    desk.case_waiting()
    add_reviewer("p-1", db=desk.tools.db)

    refused = run("review", "claim", "--as", "p-1")

    assert "by a key of your own" in str(refused.exception)


def test_a_key_that_was_made_for_a_person_lets_nobody_in(tools: Container) -> None:
    api = Api(tools)
    _, key = create_key("desk", [Scope.ADMIN, Scope.REVIEW], reviewer_id="r-1", db=tools.db)

    assert api.call("GET", "/v1/review/queue", key=key).status_code == 403


def test_one_who_opens_the_link_of_a_second_name_is_one_person(desk: Desk, boss: Visitor) -> None:
    desk.case_waiting()
    puppet = opened(boss, "puppet")
    assert decided(desk, puppet).status_code == 200

    answer = decided(desk, boss)

    assert is_refused(answer)
    assert (desk.rows(decision), len(desk.rows(opinion))) == ([], 1)


def test_it_is_the_same_the_other_way_round(desk: Desk, boss: Visitor) -> None:
    desk.case_waiting()
    assert decided(desk, boss).status_code == 200

    assert is_refused(decided(desk, opened(boss, "puppet")))


def test_two_names_whose_links_one_administrator_opened_are_one_person(desk: Desk, boss: Visitor) -> None:
    desk.case_waiting()
    first, second = opened(boss, "p-1"), opened(boss, "p-2")
    assert decided(desk, first).status_code == 200

    assert is_refused(decided(desk, second))


def test_keys_that_two_opened_accounts_made_are_one_persons(desk: Desk, boss: Visitor) -> None:
    desk.case_waiting()
    api = Api(desk.tools)
    first, second = (own_key(opened(boss, name)) for name in ("p-1", "p-2"))
    assert by_key(api, first).status_code == 200

    assert is_refused(by_key(api, second))


def test_an_account_behind_an_account_is_in_the_same_hands(desk: Desk, boss: Visitor) -> None:
    desk.case_waiting()
    deputy = opened(boss, "deputy", roles=(Role.ADMIN,))
    assert decided(desk, opened(deputy, "puppet")).status_code == 200

    assert is_refused(decided(desk, boss))


def test_a_colleague_whose_password_one_has_reset_is_no_second_person(desk: Desk, boss: Visitor) -> None:
    desk.case_waiting()
    person(desk.tools, "victim", roles=BOTH)
    assert decided(desk, as_invited(boss, "victim")).status_code == 200

    assert is_refused(decided(desk, boss))


@pytest.mark.parametrize("name", ["cli", "CLI", "cli:root", "system", "provider", "tax_number", "member:m-1"])
def test_nobody_takes_the_name_of_the_operator_or_of_a_rule(boss: Visitor, name: str) -> None:
    assert boss.post("/console/people", reviewer_id=name, roles=["admin"]).status_code == 422


def test_a_puppet_confirms_neither_itself_nor_its_like(boss: Visitor) -> None:
    puppet = opened(boss, "p-1", roles=(Role.ADMIN,))
    opened(boss, "p-2")

    confirmed = [
        by.post(f"/console/people/{who}/confirm") for by, who in ((boss, "p-2"), (puppet, "p-2"), (puppet, "p-1"))
    ]

    assert [answer.status_code for answer in confirmed] == [403, 403, 403]


def test_a_password_that_was_typed_for_somebody_is_not_their_own(desk: Desk, run: Run) -> None:
    desk.case_waiting()
    run("reviewer", "add", "p-1", "--role", "senior", "--role", "reviewer", "--password-stdin", given=f"{PASSWORD}\n")
    browser = Visitor(desk.tools)
    browser.sign_in("p-1")

    assert is_refused(decided(desk, browser))

    fields = {"password": PASSWORD, "new_password": PASSWORD[::-1], "again": PASSWORD[::-1]}
    assert browser.post("/console/preferences/password", **fields).status_code == 303
    assert decided(desk, browser).status_code == 200


def test_two_whom_others_answer_for_are_two_people(desk: Desk, boss: Visitor) -> None:
    submission = desk.case_waiting()
    opened(boss, "p-1"), opened(boss, "p-2")
    other = signed_in(desk.tools, "other", roles=[Role.ADMIN])
    assert other.post("/console/people/p-1/confirm").status_code == 303
    assert other.post("/console/people/p-2/confirm").status_code == 303
    first, second = Visitor(desk.tools), Visitor(desk.tools)
    first.sign_in("p-1"), second.sign_in("p-2")

    assert decided(desk, first).status_code == 200
    assert decided(desk, second).status_code == 200

    assert desk.state(submission) == "approved"


def test_what_was_made_while_others_had_the_account_ends_when_it_is_confirmed(desk: Desk, boss: Visitor) -> None:
    puppet = opened(boss, "p-1")
    key = own_key(puppet)

    signed_in(desk.tools, "other", roles=[Role.ADMIN]).post("/console/people/p-1/confirm")

    assert Api(desk.tools).call("GET", "/v1/review/queue", key=key).status_code == 401
    assert puppet.get("/console/account").headers["location"].startswith("/console/sign-in")


def test_who_is_invited_by_different_administrators_is_two_people(desk: Desk, boss: Visitor) -> None:
    submission = desk.case_waiting()
    other = signed_in(desk.tools, "other", roles=[Role.ADMIN])

    assert decided(desk, opened(boss, "p-1")).status_code == 200
    assert decided(desk, opened(other, "p-2")).status_code == 200
    assert desk.state(submission) == "approved"


def test_the_record_says_by_which_credential_each_verdict_was_given(desk: Desk) -> None:
    desk.case_waiting()
    first = signed_in(desk.tools, "p-1", roles=BOTH)
    second = signed_in(desk.tools, "p-2", roles=BOTH)
    key = own_key(second)
    decided(desk, first)

    by_key(Api(desk.tools), key)

    sessions = {row.reviewer_id: str(row.id) for row in desk.sql("SELECT * FROM session")}
    (key_id,) = [str(row.id) for row in desk.sql("SELECT id FROM api_key WHERE reviewer_id = 'p-2'")]
    session, by = {"kind": "session", "id": sessions["p-1"]}, {"kind": "key", "id": key_id}
    assert [row.credential for row in desk.rows(opinion)] == [{**session, "own": True, "others": []}]
    assert [row.credential for row in desk.rows(decision)] == [by]
    told = {(row.event, row.detail["credential"]["kind"]) for row in desk.rows(audit) if "credential" in row.detail}
    assert {
        ("claim.taken", "session"),
        ("submission.passed_on", "session"),
        ("claim.taken", "key"),
        ("material.viewed", "key"),
        ("submission.approved", "key"),
        ("key.created", "session"),
    } <= told


def test_a_trial_on_one_machine_may_name_anybody_but_that_makes_no_second_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = variant(desk.tools, profile="embedded")
    run = command(trial, monkeypatch)
    made = run("key", "create", "--name", "desk", "--scope", "review", "--reviewer", "p-1", "--json")
    desk.case_waiting()

    assert made.exit_code == 0
    assert is_refused(by_key(Api(trial), printed(made)["key"]))
