"""A service with a key of its own tries every door of what another service sent, with every id guessed right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from pipeline.access.members import give
from pipeline.access.rules.keys import Bounds
from pipeline.access.rules.scopes import EVERYBODYS, Scope
from pipeline.account.tables import account_section
from pipeline.events.tables import delivery, endpoint
from pipeline.ownership.tables import Owned
from pipeline.submission.tables import submission
from tests.support.account import CARD, COMPANY, PROCUREMENT, person
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.http import Api, problems
from tests.support.methods import email_body, last_code
from tests.support.services import ALL, OWN, Service
from tests.support.sessions import opened
from tests.support.together import at_once
from web.api.scopes import SCOPES

VICTIM: Final = "shop-1-ana"
ORDER: Final = {
    "type": "order.completed",
    "source": "shop-1",
    "id": "e-1",
    "member_id": VICTIM,
    "occurred_at": "2026-03-02T10:00:00Z",
    "order": {"id": "o-1", "amount": "100", "currency": "EUR"},
}
OTHER_ORDER: Final = {"id": "o-2", "amount": "50", "currency": "EUR"}
SESSION: Final = {"member_id": VICTIM, "member": member()}
SLOT: Final = {"purpose": "avatar", "media_type": "image/jpeg", "length": 1000}

ATTACKERS: Final[Mapping[str, tuple[tuple[Scope, ...], Bounds]]] = {
    "another service": (OWN, Bounds()),
    "another service, by the bundle": ((Scope.SUBMIT, Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE), Bounds()),
    "another service with the same prefix": (OWN, Bounds(members_prefix="shop-1-")),
    "all that others sent, but of another prefix": (ALL, Bounds(members_prefix="shop-2-")),
    "all that others sent, but of a longer prefix": (ALL, Bounds(members_prefix="shop-1-ana-")),
    "the same service, but of another prefix": (ALL, Bounds(members_prefix="shop-10-", service="shop-1")),
}

BODIES: Final[Mapping[str, object]] = {
    "POST /v1/submissions/{submission_id}/code": {"code": "123456"},
    "POST /v1/webhooks/{endpoint_id}/replay": {"since": "2020-01-01T00:00:00Z"},
    "POST /v1/members/{member_id}/points/redemptions": {"item": "performance_coupon", "quantity": 1},
    "PUT /v1/members/{member_id}/business-card": CARD,
    "PUT /v1/members/{member_id}/subscriptions": {"categories": {"notifications": False}},
}
"""What is sent to routes that look at the body before they look at whose it is; the others get an empty object."""

AIMED: Final = [route for route, scope in SCOPES.items() if "_id}" in route and scope.resource not in EVERYBODYS]
"""Every route that names something of somebody in its path."""
ERASURE: Final = "GET /v1/members/{member_id}/erasure"
"""It is there once somebody has asked for it."""


@dataclass(frozen=True)
class Victim:
    """A service that has used everything, and the ids of what it has."""

    service: Service
    ids: Mapping[str, str]
    file: str

    def path(self, route: str) -> str:
        path = route.partition(" ")[2]
        for name, value in self.ids.items():
            path = path.replace(f"{{{name}}}", value)
        return path


@pytest.fixture
def victim(api: Api) -> Victim:
    """A member with a submission that waits for its code, a file in a slot, a card, an order, a session and an endpoint."""
    service = Service(api, *OWN, name="shop-1", bounds=Bounds(service="shop-1", members_prefix="shop-1-"))
    file = service.post("/v1/uploads", SLOT).json()["key"]
    assert service.submit(avatar_body(file, member_id=VICTIM)).status_code == 202
    waiting = service.submit(email_body(member_id=VICTIM)).json()
    sections = {"business-card": CARD, "procurement-information": PROCUREMENT, "company-information": COMPANY}
    sections["personal-information"] = person()
    put = [service.call("PUT", f"/v1/members/{VICTIM}/{name}", each) for name, each in sections.items()]
    assert {each.status_code for each in put} == {200}
    assert service.post("/v1/events", ORDER).status_code == 201
    link = service.post("/v1/sessions", SESSION).json()["url"]
    assert opened(api, link).status_code == 200
    (session,) = service.get("/v1/sessions", member_id=VICTIM).json()
    hook = service.post("/v1/webhooks", {"url": "https://shop-1.example.com/hooks"}).json()["endpoint_id"]
    ids = {
        "submission_id": waiting["id"],
        "member_id": VICTIM,
        "session_id": session["id"],
        "endpoint_id": hook,
    }
    return Victim(service, ids, file)


@pytest.fixture(params=ATTACKERS)
def attacker(api: Api, request: pytest.FixtureRequest) -> Service:
    scopes, bounds = ATTACKERS[request.param]
    return Service(api, *scopes, name="attacker", bounds=bounds)


def tried(service: Service, victim: Victim, routes: list[str]) -> dict[str, int]:
    """What each route answers to this service, about something of the victim's."""
    return {route: _ask(service, victim, route).status_code for route in routes}


def _ask(service: Service, victim: Victim, route: str) -> httpx.Response:
    method = route.partition(" ")[0]
    body = None if method in {"GET", "DELETE"} else BODIES.get(route, {})
    return service.call(method, victim.path(route), body)


def kept(desk: Desk) -> list[Any]:
    """All that the victim has, as the database says it."""
    tables = (submission, account_section, endpoint, delivery)
    return [list(map(tuple, desk.rows(table))) for table in tables] + [list(map(tuple, desk.sql(OPEN)))]


OPEN: Final = "SELECT id, opened_at FROM member_session ORDER BY id"


def test_whatever_is_named_in_a_path_is_not_there_for_another_service(
    victim: Victim, attacker: Service, desk: Desk
) -> None:
    before = kept(desk)

    answers = tried(attacker, victim, AIMED)

    assert answers == dict.fromkeys(AIMED, 404)
    assert kept(desk) == before


def test_whatever_is_named_in_a_path_is_there_for_its_own_service(victim: Victim) -> None:
    asked = [route for route in AIMED if not route.startswith("DELETE ") and route != ERASURE]

    assert {route for route, status in tried(victim.service, victim, asked).items() if status == 404} == set()
    assert victim.service.call("DELETE", f"/v1/members/{VICTIM}").status_code == 202
    assert tried(victim.service, victim, [ERASURE]) == {ERASURE: 200}


def test_an_erasure_is_not_there_for_another_service(victim: Victim, attacker: Service, desk: Desk) -> None:
    victim.service.call("DELETE", f"/v1/members/{VICTIM}")

    under_way = tried(attacker, victim, [ERASURE])
    Eraser(desk, victim.service.api).to_the_end()

    assert (under_way, tried(attacker, victim, [ERASURE])) == ({ERASURE: 404}, {ERASURE: 404})
    assert tried(victim.service, victim, [ERASURE]) == {ERASURE: 200}


def test_nothing_of_another_service_is_in_a_list(victim: Victim, attacker: Service, api: Api) -> None:
    lists: dict[str, Callable[[Service], Any]] = {
        "submissions": lambda who: who.get("/v1/submissions").json()["items"],
        "submissions in full": lambda who: who.get("/v1/submissions", view="full").json()["items"],
        "of the member": lambda who: who.get("/v1/submissions", member_id=VICTIM).json()["items"],
        "events": lambda who: who.get("/v1/events").json()["items"],
        "events of the member": lambda who: who.get("/v1/events", member_id=VICTIM).json()["items"],
        "sessions": lambda who: who.get("/v1/sessions", member_id=VICTIM).json(),
        "endpoints": lambda who: who.get("/v1/webhooks").json(),
    }

    assert {name: ask(attacker) for name, ask in lists.items()} == {name: [] for name in lists}
    assert [name for name, ask in lists.items() if not ask(victim.service)] == []
    assert [name for name, ask in lists.items() if not ask(Service(api, *ALL))] == []


@pytest.mark.usefixtures("victim")
def test_nothing_is_sent_for_a_member_of_another_service(attacker: Service, desk: Desk) -> None:
    before = kept(desk)

    answers = [
        attacker.submit(avatar_body(member_id=VICTIM)),
        attacker.submit(email_body(member_id=VICTIM)),
        attacker.post("/v1/sessions", SESSION),
        attacker.post("/v1/events", {**ORDER, "id": "e-2"}),
        attacker.post("/v1/events", ORDER),
    ]

    assert [each.status_code for each in answers] == [404] * 5
    assert kept(desk) == before


@pytest.mark.parametrize("scopes", [OWN, ALL])
def test_a_file_of_another_service_is_not_submitted_as_ones_own(
    victim: Victim, api: Api, desk: Desk, scopes: tuple[Scope, ...]
) -> None:
    attacker = Service(api, *scopes, bounds=Bounds(members_prefix="shop-2-"))
    unslotted = "material/their-own/statement.pdf"
    victim.service.submit(verification_body({"bank_statement": unslotted}, member_id=VICTIM))
    session = opened(api, victim.service.post("/v1/sessions", SESSION).json()["url"]).json()["credential"]
    theirs = api.call("POST", "/v1/uploads", key=session, json=SLOT).json()["key"]

    answers = [
        attacker.submit(avatar_body(victim.file, member_id="shop-2-eve")),
        attacker.submit(avatar_body(theirs, member_id="shop-2-eve")),
        attacker.submit(verification_body({"bank_statement": unslotted}, member_id="shop-2-eve")),
    ]

    assert [problems(each) for each in answers] == [
        [("file.key", "not_your_upload")],
        [("file.key", "not_your_upload")],
        [("materials.0.file.key", "not_your_upload")],
    ]
    assert {row.member_id for row in desk.rows(submission)} == {VICTIM}


def test_an_idempotency_key_of_another_service_gives_nothing_away(victim: Victim, api: Api) -> None:
    attacker = Service(api, *OWN)
    first = victim.service.post("/v1/uploads", SLOT, once="once").json()

    second = attacker.post("/v1/uploads", SLOT, once="once").json()

    assert second["key"] != first["key"]


@pytest.mark.usefixtures("victim")
def test_the_page_of_a_member_is_not_seen_with_the_eyes_of_another_services_member(api: Api) -> None:
    attacker = Service(api, *OWN)
    mine = "shop-2-eve"
    attacker.submit(avatar_body(member_id=mine))

    assert attacker.get(f"/v1/members/{mine}/public", viewer=VICTIM).status_code == 404


def test_an_endpoint_is_sent_the_events_of_its_service_and_prefix_only(
    victim: Victim, attacker: Service, desk: Desk
) -> None:
    made = attacker.post("/v1/webhooks", {"url": "https://attacker.example.com/hooks"}).json()["endpoint_id"]
    victim.service.submit(avatar_body(member_id=VICTIM))

    replayed = attacker.post(f"/v1/webhooks/{made}/replay", {"since": "2020-01-01T00:00:00Z"}).json()

    assert replayed == {"count": 0}
    assert {str(row.endpoint_id) for row in desk.rows(delivery)} == {victim.ids["endpoint_id"]}


def test_another_service_does_not_use_up_the_names_of_events(victim: Victim, api: Api) -> None:
    attacker = Service(api, *OWN)

    squatting = attacker.post("/v1/events", {**ORDER, "id": "e-2", "member_id": "eve"})

    assert problems(squatting) == [("source", "not_your_source")]
    assert victim.service.post("/v1/events", {**ORDER, "id": "e-2", "order": OTHER_ORDER}).status_code == 201


@pytest.mark.parametrize(
    ("scopes", "prefix"), [(OWN, None), ((Scope.SUBMIT,), None), (ALL, "shop-2-"), ((Scope.SUBMIT_ALL,), "shop-2-")]
)
def test_no_service_stops_the_mails_of_members_that_are_not_its_own(
    victim: Victim, api: Api, scopes: tuple[Scope, ...], prefix: str | None
) -> None:
    attacker = Service(api, *scopes, bounds=Bounds(members_prefix=prefix))

    bounce = {"type": "bounce", "recipient": member()["email"], "provider": "eve"}

    assert attacker.post("/v1/mail-events", bounce).status_code == 403
    assert Service(victim.service.api, Scope.SUBMIT_ALL).post("/v1/mail-events", bounce).status_code == 200


def test_a_member_belongs_to_one_service_though_ten_send_something_first(api: Api, desk: Desk) -> None:
    services = [Service(api, *OWN) for _ in range(10)]

    answers, raised = at_once(10, lambda n: services[n].submit(avatar_body(member_id="new")).status_code)

    assert raised == []
    assert sorted(answers) == [202, *[404] * 9]
    assert len({row.service for row in desk.rows(submission)}) == 1


@pytest.mark.parametrize(
    ("prefix", "status"), [(None, 404), ("shop-", 404), ("shop-1-", 404), ("shop-1-eu-", 202), ("shop-1-eu-x-", 202)]
)
def test_a_prefix_keeps_its_new_members_from_others_and_the_longest_wins(
    api: Api, prefix: str | None, status: int
) -> None:
    Service(api, *OWN, bounds=Bounds(members_prefix="shop-1-eu-"))
    other = Service(api, *OWN, bounds=Bounds(members_prefix=prefix))

    assert other.submit(avatar_body(member_id="shop-1-eu-x-1")).status_code == status


def test_a_member_whom_an_operator_gives_to_a_service_is_seen_by_its_keys(victim: Victim, api: Api, desk: Desk) -> None:
    heir = Service(api, *OWN, bounds=Bounds(service="heir"))
    desk.sql("UPDATE submission SET service = 'earlier'")

    moved = give(Owned.MEMBER, VICTIM, service="heir", actor="operator", db=desk.tools.db)
    give(Owned.SOURCE, "shop-1", service="heir", actor="operator", db=desk.tools.db)

    assert moved == 2
    assert heir.get(f"/v1/submissions/{victim.ids['submission_id']}").status_code == 200
    assert heir.post("/v1/events", {**ORDER, "id": "e-2", "order": OTHER_ORDER}).status_code == 201
    assert victim.service.get(f"/v1/members/{VICTIM}/membership").status_code == 404


def test_what_came_by_the_queue_or_a_command_is_seen_with_all_only(api: Api, desk: Desk) -> None:
    sent = desk.accept(avatar_body(member_id="m-1")).id

    assert Service(api, *OWN).get(f"/v1/submissions/{sent}").status_code == 404
    assert Service(api, *ALL).get(f"/v1/submissions/{sent}").status_code == 200
    assert Service(api, *OWN).submit(avatar_body(member_id="m-1")).status_code == 404


def test_keys_of_one_service_see_what_each_of_them_sent(victim: Victim, api: Api) -> None:
    sibling = Service(api, Scope.SUBMISSIONS_READ, bounds=Bounds(service="shop-1"))

    assert sibling.get(f"/v1/submissions/{victim.ids['submission_id']}").status_code == 200
    assert sibling.get(f"/v1/members/{VICTIM}/membership").status_code == 403


def test_a_session_is_of_its_member_and_what_it_sends_is_its_services(victim: Victim, api: Api, desk: Desk) -> None:
    credential = opened(api, victim.service.post("/v1/sessions", SESSION).json()["url"]).json()["credential"]
    session = victim.service.over(victim.service.key_id, credential)
    file = session.post("/v1/uploads", SLOT).json()["key"]

    sent = session.submit({**avatar_body(file, member_id=VICTIM), "member": {**member(), "locale": "en"}})

    assert sent.status_code == 202, sent.text
    assert victim.service.get(f"/v1/submissions/{sent.json()['id']}").status_code == 200
    assert Service(api, *OWN).get(f"/v1/submissions/{sent.json()['id']}").status_code == 404
    assert {row.service for row in desk.rows(submission)} == {"shop-1"}


@pytest.mark.parametrize("member_id", ["%00", "%0a", "a%20b", "x" * 101, "%27%20OR%201=1"])
def test_an_id_that_is_none_is_refused_before_the_database_is_asked(api: Api, member_id: str) -> None:
    reader, writer = Service(api, *OWN), Service(api, *ALL)

    assert reader.get(f"/v1/members/{member_id}/points").status_code == 422
    assert writer.call("PUT", f"/v1/members/{member_id}/business-card", CARD).status_code == 422


def test_percent_and_underscore_in_a_prefix_are_letters(api: Api, desk: Desk) -> None:
    desk.accept(avatar_body(member_id="ab-1"))
    wild = Service(api, *ALL, bounds=Bounds(members_prefix="a_"))

    assert wild.get("/v1/submissions").json()["items"] == []
    assert wild.get("/v1/members/ab-1/points").status_code == 404


def test_a_code_of_another_services_member_is_tried_by_nobody_else(victim: Victim, api: Api, desk: Desk) -> None:
    desk.run_due()
    path = f"/v1/submissions/{victim.ids['submission_id']}/code"

    stolen = Service(api, *OWN).post(path, {"code": last_code(desk)})

    assert stolen.status_code == 404
    assert victim.service.post(path, {"code": last_code(desk)}).status_code == 200
