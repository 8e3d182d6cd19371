"""Somebody mistakes a trial for the real thing, or hopes for it: what a test key sends meets nothing that is live, and no live thing is decided by magic."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from pipeline.access.api_keys import create_key, list_keys
from pipeline.access.key_rotation import Rotator, rotate_key
from pipeline.access.members import give
from pipeline.access.rules.keys import OF_A_TEST, Bounds
from pipeline.access.rules.scopes import Scope
from pipeline.access.staff.rules.roles import Role
from pipeline.avatar.service import avatar_of
from pipeline.events.feed import events
from pipeline.events.webhooks import endpoints
from pipeline.events.webhooks.rules import message
from pipeline.inspection.duplicates import duplicates_of
from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid
from pipeline.notification.tables import mail
from pipeline.ownership.tables import Owned
from pipeline.review.cases.queue_stats import arrival_pace, queue
from pipeline.submission.tables import decision, material, submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import DECIDE_TEST, EXPIRE_CODE, SEND_CODE, WATCH_SLA
from pipeline.workflows.sla_report import outcomes
from schemas.events import EndpointRequest
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import BROWSER, Api, problems
from tests.support.methods import email_body, number_body
from tests.support.people import signed_in
from tests.support.services import ALL, OWN, Service

TEST: Final = Bounds(service="shop", test=True)
MEMBER: Final = "test:m-1"


@pytest.fixture
def trial(api: Api) -> Service:
    return Service(api, *OF_A_TEST, name="trial", bounds=TEST)


@pytest.fixture
def live(api: Api) -> Service:
    """The service of the same name, with a real key."""
    return Service(api, *OWN, name="shop", bounds=Bounds(service="shop"))


def uploaded(service: Service | Api, body: bytes, purpose: str = "avatar") -> str:
    """The key of a file in a slot of this service."""
    slot = service.post("/v1/uploads", {"purpose": purpose, "media_type": "image/jpeg", "length": len(body)}).json()
    assert BROWSER.put(slot["url"], content=body, headers=slot["headers"]).status_code == 200
    return str(slot["key"])


def picture(service: Service | Api, name: str = "Ana Lima", member_id: str = MEMBER) -> dict[str, Any]:
    return {**avatar_body(uploaded(service, photo()), member_id=member_id), "member": member() | {"name": name}}


def statement(service: Service) -> dict[str, Any]:
    body = verification_body({"bank_statement": uploaded(service, photo(), "material")}, member_id=MEMBER)
    return {**body, "member": member()}


def sent(service: Service, body: object) -> UUID:
    answer = service.submit(body)
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"])


def seen(service: Service, submission_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = service.get(f"/v1/submissions/{submission_id}").json()
    return found


# What a test key tries


@pytest.mark.parametrize(
    ("name", "state", "reasons"),
    [
        ("Ana Lima", "approved", []),
        ("Test Approve", "approved", []),
        ("Test Reject", "rejected", ["group_photo"]),
        ("test reject not_a_person, poor_quality", "rejected", ["not_a_person", "poor_quality"]),
        ("Test Better File cut_off", "refused", ["cut_off"]),
        ("Test Wait", "in_review", None),
    ],
)
def test_an_avatar_is_decided_as_its_members_name_asks(
    name: str, state: str, reasons: list[str] | None, trial: Service, desk: Desk
) -> None:
    one = sent(trial, picture(trial, name))

    desk.run_due()

    found = seen(trial, one)
    assert found["state"] == state
    assert ([each["code"] for each in found["decision"]["reasons"]] if found["decision"] else None) == reasons
    assert desk.claim_next() is None
    assert desk.mails() == []
    assert [row.state for row in desk.rows(mail)] == ["held"] * (reasons is not None)


def test_every_method_is_decided_and_unlocks_a_stage_of_a_test_member(trial: Service, desk: Desk) -> None:
    sent(trial, {**number_body(member_id=MEMBER), "member": member() | {"name": "Test Reject"}})
    desk.run_due()
    one = sent(trial, statement(trial))
    desk.run_due()

    membership = trial.get(f"/v1/members/{MEMBER}/membership").json()

    assert [row.state for row in desk.rows(submission)] == ["rejected", "approved"]
    assert seen(trial, one)["effects"][-1]["state"] == "held"
    assert [each["stage"] for each in membership["stages"] if each["unlocked"]][-1] == "verified"
    assert desk.mails() == []


def test_a_code_is_known_and_mailed_to_nobody(trial: Service, desk: Desk) -> None:
    one = sent(trial, {**email_body(member_id=MEMBER), "member": member()})
    desk.run_due(SEND_CODE)

    wrong = trial.post(f"/v1/submissions/{one}/code", {"code": "654321"}).json()
    right = trial.post(f"/v1/submissions/{one}/code", {"code": "123456"}).json()

    assert (wrong["correct"], right["correct"], right["state"]) == (False, True, "approved")
    assert desk.mails() == []


def test_a_bad_file_is_refused_whatever_the_name_asks(trial: Service, desk: Desk) -> None:
    body = {
        **avatar_body(uploaded(trial, b"no picture"), member_id=MEMBER),
        "member": member() | {"name": "Test Approve"},
    }
    one = sent(trial, body)

    desk.run_due()

    assert seen(trial, one)["state"] == "refused"
    assert desk.tasks(DECIDE_TEST) == []


def test_a_reason_that_there_is_not_is_refused_at_once(trial: Service) -> None:
    answer = trial.submit(picture(trial, "Test Reject bad_mood"))

    assert (answer.status_code, problems(answer)) == (422, [("member.name", "unknown_reason")])


# Time


def test_the_clock_of_a_test_key_brings_its_own_due_times_nearer(trial: Service, live: Service, desk: Desk) -> None:
    mine, other = sent(trial, picture(trial, "Test Wait")), sent(live, picture(live, member_id="m-1"))
    desk.run_due()
    before = {row.id: (row.due_at, row.watch_at) for row in desk.rows(submission)}

    moved = trial.post("/v1/test/clock", {"forward_seconds": 48 * 3600})
    watched(desk)

    told = [each["type"] for each in trial.get("/v1/events").json()["items"]]
    after = {row.id: row.due_at for row in desk.rows(submission)}
    assert moved.json() == {"submissions": 1}
    assert before[mine][0] - after[mine] == timedelta(hours=48)
    assert after[other] == before[other][0]
    assert told[-1] == "submission.overdue"


def test_a_code_of_a_test_expires_when_its_clock_is_moved(trial: Service, desk: Desk) -> None:
    one = sent(trial, {**email_body(member_id=MEMBER), "member": member()})
    desk.run_due(SEND_CODE)

    trial.post("/v1/test/clock", {"forward_seconds": desk.tools.policy.codes.valid_seconds + 1})
    desk.run_due(EXPIRE_CODE)

    assert seen(trial, one)["state"] == "expired"


def test_a_repeated_move_moves_once(trial: Service, desk: Desk) -> None:
    sent(trial, picture(trial, "Test Wait"))
    before = desk.rows(submission)[0].due_at

    answers = [trial.post("/v1/test/clock", {"forward_seconds": 60}, once="move").json() for _ in range(2)]

    assert answers == [{"submissions": 1}] * 2
    assert before - desk.rows(submission)[0].due_at == timedelta(seconds=60)


def watched(desk: Desk) -> None:
    """The clock is looked at, as the schedule has it done each minute."""
    with desk.tools.db.begin() as connection:
        ledger.record(connection, WATCH_SLA, "now", trace="watch")
    desk.run_due()


# What nobody may mistake


@pytest.mark.parametrize("name", ["Test Approve", "Test Reject group_photo", "Test Wait", "Test Reject bad_mood"])
def test_a_live_submission_waits_for_a_person_whatever_its_members_name(
    name: str, live: Service, api: Api, desk: Desk
) -> None:
    sent(live, picture(live, name, "m-1"))
    assert api.submit(picture(api, name, "m-2")).status_code == 202

    desk.run_due()

    assert [row.state for row in desk.rows(submission)] == ["in_review"] * 2
    assert desk.rows(decision) == []
    assert desk.tasks(DECIDE_TEST) == []


def test_a_task_that_names_a_live_submission_decides_nothing(desk: Desk) -> None:
    case = desk.case_waiting()
    with desk.tools.db.begin() as connection:
        ledger.record(connection, DECIDE_TEST, case, trace="forged")
    desk.run_due(DECIDE_TEST)

    assert desk.state(case) == "in_review"


@pytest.mark.parametrize("member_id", ["m-1", "TEST:m-1", "test-m-1", "testm"])
def test_a_test_key_has_no_other_members_than_its_own(
    member_id: str, trial: Service, live: Service, desk: Desk
) -> None:
    sent(live, picture(live, member_id="m-1"))

    assert trial.submit(picture(trial, member_id=member_id)).status_code == 404
    assert trial.get(f"/v1/members/{member_id}/membership").status_code == 404
    assert [row.service for row in desk.rows(submission)] == ["shop"]


def test_no_live_door_takes_a_member_of_a_test_key(trial: Service, live: Service, api: Api, desk: Desk) -> None:
    mine = sent(trial, picture(trial, "Test Wait"))
    body = json.loads(json.dumps(picture(live)))
    new = json.loads(json.dumps(picture(live, member_id="test:m-9")))

    taken = [each.submit(given).status_code for each in (live, api) for given in (body, new)]
    for number, given in enumerate([body, new, body]):
        service = "shop" if number == 2 else None
        accept_message(QueueMessage(given, f"k-{number}", "trace", service), now=clock.now(), context=desk.tools.intake)
    links = [api.post("/v1/sessions", {"member_id": each, "member": member()}) for each in (MEMBER, "test:m-9")]

    assert taken == [404] * 4
    assert len(desk.parked()) == 3
    assert [link.status_code for link in links] == [404, 404]
    assert [row.id for row in desk.rows(submission)] == [mine]


def test_a_test_key_submits_no_file_of_anybody_else(trial: Service, live: Service, desk: Desk) -> None:
    lying, theirs = desk.upload(photo()), uploaded(live, photo())

    answers = [trial.submit(avatar_body(key, member_id=MEMBER)) for key in (lying, theirs)]

    assert [problems(answer) for answer in answers] == [[("file.key", "not_your_upload")]] * 2
    sent(live, avatar_body(lying, member_id="m-1"))


def test_who_reaches_what_all_services_sent_sees_no_test(trial: Service, api: Api, desk: Desk) -> None:
    one = sent(trial, picture(trial))
    desk.run_due()
    auditor = Service(api, *ALL, name="auditor")

    assert auditor.get(f"/v1/submissions/{one}").status_code == 404
    assert auditor.get("/v1/submissions").json()["items"] == []
    assert auditor.get("/v1/submissions", id=str(one), view="full").json()["items"] == []
    assert auditor.get("/v1/events").json()["items"] == []
    assert auditor.get(f"/v1/members/{MEMBER}/membership").status_code == 404
    assert auditor.post(f"/v1/submissions/{one}/withdraw").status_code == 404


def test_one_test_service_sees_nothing_of_another(trial: Service, api: Api, desk: Desk) -> None:
    one = sent(trial, picture(trial, "Test Wait"))
    other = Service(api, *OF_A_TEST, name="other", bounds=Bounds(service="fair", test=True))
    before = desk.rows(submission)[0].due_at

    assert other.get(f"/v1/submissions/{one}").status_code == 404
    assert other.submit(picture(other)).status_code == 404
    assert other.post("/v1/test/clock", {"forward_seconds": 60}).json() == {"submissions": 0}
    assert other.get("/v1/test/mails").json() == {"items": []}
    assert desk.rows(submission)[0].due_at == before


def test_events_of_tests_say_so_and_reach_only_their_own_endpoints(trial: Service, api: Api, desk: Desk) -> None:
    db, sealer = desk.tools.db, desk.tools.sealer
    everybodys = endpoints.add(EndpointRequest(url="https://all.example.com/in"), db=db, sealer=sealer)
    own = trial.post("/v1/webhooks", {"url": "https://trial.example.com/in"}).json()
    sent(trial, picture(trial))
    desk.inspect()

    waiting = {each.id: each.pending for each in endpoints.list_endpoints(db=db)}
    ids = [each["id"] for each in trial.get("/v1/events").json()["items"]]
    boss = Service(api, Scope.WEBHOOKS_WRITE_ALL, name="boss")
    again = boss.post(f"/v1/webhooks/{everybodys.endpoint_id}/replay", {"event_ids": ids})

    assert waiting[everybodys.endpoint_id] == 0
    assert waiting[UUID(own["endpoint_id"])] == len(ids) > 0
    assert again.json() == {"count": 0}
    assert {each["livemode"] for each in trial.get("/v1/events").json()["items"]} == {False}
    assert {each.livemode for each in events(cursor=None, member_id=None, limit=9, db=db).items} == {False}
    assert json.loads(message("x", clock.now(), {}, test=True))["livemode"] is False
    assert "livemode" not in json.loads(message("x", clock.now(), {}))


def test_a_picture_of_a_test_is_published_nowhere(trial: Service, desk: Desk) -> None:
    sent(trial, picture(trial))
    sent(trial, picture(trial))
    desk.run_due()

    assert avatar_of(MEMBER, db=desk.tools.db, public_url="https://cdn.example.com").large_url is not None
    assert list(desk.tools.storage.listed(desk.tools.storage.public, prefix="avatars/")) == []


def test_tests_are_in_no_number_and_no_likeness(trial: Service, live: Service, desk: Desk) -> None:
    body, long_ago = photo(), clock.now() - timedelta(days=1)
    test = {**avatar_body(uploaded(trial, body), member_id=MEMBER), "member": member() | {"name": "Test Wait"}}
    sent(trial, test)
    desk.run_due()

    numbers = queue(context=desk.tools.review).queues, arrival_pace(now=clock.now(), context=desk.tools.review)
    assert (numbers[0], numbers[1].inspected, numbers[1].seconds_between) == ((), 0, None)
    assert outcomes(since=long_ago, db=desk.tools.db) == []
    sent(live, avatar_body(desk.upload(body), member_id="m-1"))
    desk.run_due()
    case = desk.claimed().submission_id
    (file,) = (row for row in desk.rows(material) if row.submission_id == case)
    with desk.tools.db.read() as connection:
        assert duplicates_of(connection, file, member_id="m-1") == ()


def test_a_number_that_a_test_gave_counts_as_used_by_nobody(trial: Service, live: Service, desk: Desk) -> None:
    sent(trial, {**number_body(member_id=MEMBER), "member": member() | {"name": "Test Wait"}})
    sent(live, number_body(member_id="m-1"))
    desk.run_due()

    number = desk.case(desk.claimed()).tax_number

    assert number is not None
    assert number.used_by == ()


def test_held_mails_are_shown_to_their_test_key_alone(trial: Service, live: Service, api: Api, desk: Desk) -> None:
    sent(trial, picture(trial, "Test Reject group_photo"))
    desk.run_due()

    (shown,) = trial.get("/v1/test/mails").json()["items"]

    assert (shown["member_id"], shown["state"], shown["recipient"]) == (MEMBER, "held", member()["email"])
    assert "more than one person" in shown["text"]
    assert trial.get("/v1/test/mails", member_id="test:m-2").json() == {"items": []}
    refused = [each.get("/v1/test/mails") for each in (live, api)]
    assert [(each.status_code, each.json()["code"]) for each in refused] == [(409, "not_a_test_key")] * 2


def test_only_a_test_key_has_a_clock(live: Service, api: Api, desk: Desk) -> None:
    sent(live, picture(live, member_id="m-1"))
    before = desk.rows(submission)

    answers = [each.post("/v1/test/clock", {"forward_seconds": 60}).status_code for each in (live, api)]

    assert answers == [409, 409]
    assert desk.rows(submission) == before


# The keys


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope not in OF_A_TEST])
def test_a_test_key_has_no_scope_that_leads_to_people_or_to_others(scope: Scope, api: Api) -> None:
    with pytest.raises(Invalid) as refused:
        Service(api, scope, name="trial", bounds=TEST)

    assert "not_for_a_test_key" in [each.code for each in refused.value.problems] or scope.resource == "review"


def _give(db: Any) -> None:
    give(Owned.MEMBER, MEMBER, service="shop", actor="operator", db=db)


def _named(db: Any) -> None:
    create_key("x", [Scope.SUBMIT], reviewer_id=None, bounds=Bounds(service="test:shop"), db=db)


def _prefixed(db: Any) -> None:
    create_key("x", [Scope.SUBMIT], reviewer_id=None, bounds=Bounds(members_prefix="test:"), db=db)


@pytest.mark.parametrize("way", [_give, _named, _prefixed])
def test_no_live_key_is_made_to_look_like_one(way: Callable[[Any], None], trial: Service, desk: Desk) -> None:
    assert trial

    with pytest.raises(Invalid):
        way(desk.tools.db)


def test_a_rotated_test_key_is_one_and_the_list_says_which_are(trial: Service, live: Service, desk: Desk) -> None:
    rules, db = desk.tools.policy.api_keys, desk.tools.db
    made = rotate_key(trial.key_id, overlap=timedelta(0), by=Rotator("operator"), rules=rules, db=db)

    listed = {row["id"]: row["test"] for row in list_keys(db=db)}

    assert (listed[trial.key_id], listed[made.key_id], listed[live.key_id]) == (True, True, False)
    successor = trial.over(made.key_id, made.key)
    sent(successor, picture(successor))
    desk.run_due()
    assert desk.rows(submission)[0].state == "approved"


def test_the_console_makes_test_keys_and_marks_them(api: Api, desk: Desk) -> None:
    keeper = signed_in(desk.tools, "boss", roles=[Role.ADMIN])

    refused = keeper.post("/console/keys", name="trial", test="true", scopes=["submit"])
    page = keeper.post("/console/keys", name="trial", test="true", service="shop").text

    (row,) = (row for row in list_keys(db=desk.tools.db) if row["name"] == "trial")
    assert refused.status_code == 422
    assert (row["test"], row["service"], tuple(row["scopes"])) == (True, "test:shop", tuple(sorted(OF_A_TEST)))
    assert '<span class="badge">test</span>' in page
    listed = api.call("GET", "/v1/keys", key=create_key("a", [Scope.ADMIN], reviewer_id=None, db=desk.tools.db)[1])
    assert {each["name"]: each["test"] for each in listed.json()} == {
        "trial": True,
        "a": False,
        "upstream": False,
        "desk": False,
    }
