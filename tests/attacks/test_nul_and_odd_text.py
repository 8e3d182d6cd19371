"""Zero bytes, halves of characters, texts too long for an index and numbers without end, at every door: never a fault of ours.

The routes are taken from the application, their parameters and fields from its own description.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, select, text

from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.rules.roles import Role
from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid
from pipeline.kernel.idempotency import idempotency
from pipeline.submission.tables import submission
from tests.support.bodies import avatar_body, verification_body
from tests.support.command import command
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.openapi import document
from tests.support.people import Visitor, signed_in
from tests.support.poison import HALF, NUL, Door, all_fields, bodies, doors, fields_of
from tests.support.servers import empty
from tests.support.sessions import Session
from tests.support.web import app_of, serving

OURS = {"Sec-Fetch-Site": "same-origin"}
ALWAYS_KNOWN = {"purpose": "large", "page": "1"}
UNSEEN = ("queue", "cursor")
"""Asked in the query of each page, also where its description does not name them."""

ENDS_THE_SESSION = ("/sign-out", "/sessions/end", "/disable")


class House:
    """A web process with one claimed case, a person who may do everything, an administrator's key and a member's session."""

    def __init__(self, tools: Container) -> None:
        empty(tools)
        desk = Desk(tools)
        desk.submit_avatar("m-1")
        desk.inspect()
        self.boss: Visitor = signed_in(tools, "r-1", roles=tuple(Role))
        held = desk.claimed("r-1")
        (file,) = desk.case(held).materials
        self.client = Api(tools).client  # answers with a fault where a fault is, and does not raise it
        self.client.follow_redirects = False
        self.client.headers.update(OURS)
        self.client.cookies.update(self.boss.client.cookies)
        self.boss.client = self.client
        assert self.boss.get("/console/find").status_code == 200
        _, self.key = create_key("everything", [Scope.ADMIN], reviewer_id="r-1", db=tools.db)
        self.known = {
            **ALWAYS_KNOWN,
            "claim_id": str(held.id),
            "material_id": str(file.id),
            "submission_id": str(held.submission_id),
            "reviewer_id": "r-1",
            "member_id": "m-1",
        }
        self.doors = [each for each in doors(app_of(tools)) if not each.path.endswith(ENDS_THE_SESSION)]

    def ask(self, door: Door, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid4()), **more.pop("headers", {})}
        return self.client.request(door.method, path, headers=headers, **more)


@pytest.fixture(scope="module")
def house(all_servers: Container) -> House:
    return House(all_servers)


def faults(answers: list[tuple[str, Any]]) -> list[tuple[str, int, str]]:
    """What was answered with a fault of ours."""
    assert answers
    return [(asked, each.status_code, each.text[:200]) for asked, each in answers if each.status_code >= 500]


@pytest.mark.parametrize("poison", ["%00", "%ed%a0%80", quote("😀" * 300)], ids=["nul", "half", "long"])
def test_in_every_path(house: House, poison: str) -> None:
    answers = [
        (f"{door} {name}", house.ask(door, door.at(house.known, **{name: poison})))
        for door in house.doors
        for name in door.names
    ]

    assert faults(answers) == []
    assert {door.path for door in house.doors} >= {
        "/console/find",
        "/console/people/{reviewer_id}",
        "/member/static/{file}",
    }


@pytest.mark.parametrize("poison", ["a%00b", "9" * 40], ids=["nul", "huge"])
def test_in_every_query(house: House, poison: str) -> None:
    answers = [
        (f"{door} ?{name}=", house.ask(door, f"{door.at(house.known)}?{name}={poison}"))
        for door in house.doors
        if door.method == "GET"
        for name in {*door.query, *UNSEEN}
    ]

    assert faults(answers) == []
    assert len({name for door in house.doors for name in door.query}) > 10


@pytest.mark.parametrize("poison", [NUL, HALF], ids=["nul", "half"])
def test_in_every_field_of_json(house: House, poison: str) -> None:
    json_type = {"Content-Type": "application/json"}
    answers = [
        (f"{door} {body!r}", house.ask(door, door.at(house.known), content=body, headers=json_type))
        for door in house.doors
        for body in bodies(document(), door, poison)
    ]

    assert faults(answers) == []
    assert len(answers) > 100


@pytest.mark.parametrize("poison", [NUL, "😀" * 300], ids=["nul", "long"])
def test_in_every_field_of_a_form(house: House, poison: str) -> None:
    forms = [door for door in house.doors if door.method == "POST" and not door.path.startswith("/v1")]
    answers: list[tuple[str, Any]] = []
    for door in forms:
        everything = dict.fromkeys(all_fields(), poison)
        answers += [(f"{door} {name}", _posted(house, door, {name: poison})) for name in fields_of(door)]
        answers.append((f"{door} all", _posted(house, door, everything)))
        token = {**everything, "token": house.known["claim_id"]}
        answers.append((f"{door} all but the token", _posted(house, door, token)))

    assert faults(answers) == []
    assert len(forms) > 20


def _posted(house: House, door: Door, fields: dict[str, str]) -> Any:
    return house.boss.post(door.at(house.known), **fields)


@pytest.mark.parametrize(
    "header",
    ["Authorization", "Idempotency-Key", "X-Correlation-ID", "Cookie", "If-Match", "Accept-Language", "User-Agent",
     "Referer", "Origin", "HX-Request", "HX-Current-URL", "Content-Type", "X-Forwarded-For", "Sec-Fetch-Site"],
)  # fmt: skip
@pytest.mark.parametrize("poison", ["Bearer pd_\x00", "Bearer pm_a.\x00", "\xed\xa0\x80"])
def test_in_a_header_of_a_route_of_each_kind(house: House, header: str, poison: str) -> None:
    wanted = {
        "POST /v1/submissions", "GET /v1/members/{member_id}/avatar", "POST /v1/mail-events", "GET /console/find",
        "GET /v1/review/queue", "POST /console/sign-in", "GET /member/", "GET /readyz",
    }  # fmt: skip
    asked = [door for door in house.doors if str(door) in wanted]

    answers = [(f"{door} {header}", _with_header(house, door, header, poison)) for door in asked]

    assert len(asked) == len(wanted)
    assert faults(answers) == []


def _with_header(house: House, door: Door, header: str, poison: str) -> Any:
    raw = {header: poison.encode("latin-1")}
    body = {"json": avatar_body()} if door.method == "POST" and door.path.startswith("/v1") else {}
    if header in {"Authorization", "Idempotency-Key"}:
        return house.client.request(door.method, door.at(house.known), headers=raw, **body)
    return house.ask(door, door.at(house.known), headers=raw, **body)


def test_at_a_real_server(tools: Container) -> None:
    boss = signed_in(tools, "boss", roles=tuple(Role))
    paths = ["/console/find?q=%00", "/console/people/%00", "/console/quality?queue=%00", "/public/avatars/%00/large.jpg",
             "/member/static/%00", "/console/static/%00", "/v1/members/%00/avatar"]  # fmt: skip

    with serving(tools) as address:
        cookies = {each.name: each.value for each in boss.client.cookies.jar}
        answers = [(path, httpx.get(address + path, cookies=cookies, trust_env=False)) for path in paths]

    assert faults(answers) == []


# What the database is given


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"key": NUL}, "unstorable_text"),
        ({"key": HALF}, "unstorable_text"),
        ({"answer": {"deep": [{"er": NUL}]}}, "unstorable_text"),
        ({"answer": {NUL: 1}}, "unstorable_text"),
        ({"answer": {"deep": HALF}}, "unstorable_text"),
        ({"answer": {"escaped": "\\\\" + NUL}}, "unstorable_text"),
        ({"key": "".join(str(uuid4()) for _ in range(500))}, "text_too_long"),
    ],
)
def test_what_the_database_cannot_keep_is_the_callers_mistake(
    tools: Container, values: dict[str, Any], code: str
) -> None:
    row = {"owner": "o", "key": "k", "operation": "x", "fingerprint": "f", **values}

    with pytest.raises(Invalid) as raised, tools.db.begin() as connection:
        connection.execute(insert(idempotency).values(row))

    assert [each.code for each in raised.value.problems] == [code]


@pytest.mark.parametrize("word", ["\\u0000", "\\\\u0000", "a\\", '"', "\\ud800", "\u0001", "\uffff", "\u202e"])
def test_text_that_only_looks_odd_is_kept_as_it_is(tools: Container, word: str) -> None:
    row = {"owner": "o", "key": word, "operation": "x", "fingerprint": "f", "answer": {word: [word]}}
    with tools.db.begin() as connection:
        connection.execute(insert(idempotency).values(row))

    with tools.db.read() as connection:
        kept = connection.execute(select(idempotency.c.key, idempotency.c.answer)).one()

    assert tuple(kept) == (word, {word: [word]})


@pytest.mark.parametrize(
    ("statement", "value", "code"),
    [
        ("SELECT CAST(:value AS integer)", "9" * 30, "out_of_range"),
        ("SELECT CAST(:value AS uuid)", "no id", "invalid_value"),
        ("SELECT CAST(:value AS timestamptz)", "99999999-01-01", "out_of_range"),
        ("SELECT :value", NUL, "unstorable_text"),
        ("SELECT :value", HALF, "unstorable_text"),
        ("SELECT CAST(:value AS jsonb)", '"\\u0000"', "unstorable_text"),
    ],
)
def test_a_value_in_a_question_is_the_callers_mistake_too(
    tools: Container, statement: str, value: str, code: str
) -> None:
    with pytest.raises(Invalid) as raised, tools.db.read() as connection:
        connection.execute(text(statement), {"value": value})

    assert [each.code for each in raised.value.problems] == [code]


# The other doors

SPOILED: dict[str, Callable[[str], dict[str, Any]]] = {
    "a name": lambda odd: {**avatar_body("k"), "member": {"name": odd, "email": "ada@example.com"}},
    "a filename": lambda odd: {**avatar_body("k"), "file": {"key": "k", "filename": odd}},
    "a form": lambda odd: {**verification_body(), "form": {"company_name": odd}},
    "the name of a field": lambda odd: {**verification_body(), "form": {odd: "x"}},
    "an unknown field": lambda odd: {**avatar_body("k"), odd: odd},
    "a member": lambda odd: {**avatar_body("k"), "member_id": odd},
}


@pytest.mark.parametrize("poison", [NUL, HALF, "x" * 100_000], ids=["nul", "half", "long"])
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_message_of_the_queue_is_parked(
    desk: Desk, tools: Container, spoil: Callable[[str], dict[str, Any]], poison: str
) -> None:
    message = QueueMessage(spoil(poison), "key-1", "trace")

    assert accept_message(message, now=clock.now(), context=tools.intake) is None
    assert (len(desk.parked()), desk.rows(submission)) == (1, [])


@pytest.mark.parametrize("odd", [HALF, "".join(str(uuid4()) for _ in range(500))], ids=["half", "long"])
@pytest.mark.parametrize("option", ["--idempotency-key", "--name", "--member", "--email"])
def test_a_command_says_what_is_wrong(
    desk: Desk, tools: Container, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, option: str, odd: str
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x")
    given = {"--member": "m-1", "--name": "Ada", "--email": "ada@example.com", option: odd}

    result = command(tools, monkeypatch)("submit", str(file), *(each for pair in given.items() for each in pair))

    assert isinstance(result.exception, Invalid)
    assert desk.rows(submission) == []


@pytest.mark.parametrize("poison", [NUL, HALF])
def test_a_members_session_is_told_so_too(api: Api, desk: Desk, poison: str) -> None:
    session = Session(api)
    odd = json.dumps(session.avatar("k", file={"key": "k", "filename": poison}))

    answer = session.call("POST", "/v1/submissions", content=odd, headers={"Idempotency-Key": "once"})

    assert answer.status_code == 422
    assert desk.rows(submission) == []
