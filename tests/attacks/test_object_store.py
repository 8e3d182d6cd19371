"""One thing that the object store refuses, named by a stranger or a member, takes nothing from anybody else.

The store of the embedded profile gives few of S3's errors. A real HTTP server before it answers with the others.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app as command_line
from config.container import Container
from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, NotFound, StorageRefused
from pipeline.review.cases.images import Purpose, page_of
from pipeline.submission.tables import finding, submission
from pipeline.tasks.operate import retry_parked
from pipeline.tasks.rules import FORGET_FILES, INSPECT, PUBLISH_AVATAR, SWEEP_STORAGE
from pipeline.workflows.retention import ORPHAN_AGE, sweep_storage
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api, problems
from tests.support.s3_answers import Front, store_front
from tests.support.servers import variant
from tests.support.together import until
from workers.recovery import Recovery

FRAGILE: dict[str, Any] = {"circuit_failures": 1, "circuit_pause_seconds": 600}
SUBMISSION = "01890a5d-ac96-774b-bcce-b302099a8057"
DIGEST = "0" * 64
REFUSALS: list[tuple[int, str | None]] = [
    (403, "AccessDenied"),
    (400, "KeyTooLongError"),
    (403, "InvalidObjectState"),
    (400, "InvalidRequest"),
    (400, "InvalidObjectName"),
    (400, "InvalidArgument"),
    (403, None),
    (400, None),
    (405, "MethodNotAllowed"),
    (409, "OperationAborted"),
    (410, None),
    (412, "PreconditionFailed"),
    (418, "SomethingNew"),
    (451, None),
    (501, "NotImplemented"),
    (403, "SignatureDoesNotMatch"),
]
OUTAGES: list[tuple[int, str | None]] = [
    (500, "InternalError"),
    (500, None),
    (502, None),
    (503, "SlowDown"),
    (503, "ServiceUnavailable"),
    (429, None),
    (429, "TooManyRequests"),
    (400, "RequestLimitExceeded"),
    (400, "RequestTimeout"),
    (403, "RequestTimeTooSkewed"),
]


@pytest.fixture
def fragile(tools: Container) -> Iterator[tuple[Front, Container]]:
    """A store with a front, whose circuit opens at the first failure and for ten minutes."""
    with store_front(tools, **FRAGILE) as (front, made):
        yield front, made


def inspected(desk: Desk, tools: Container) -> Any:
    """The one inspection after a try."""
    row = desk.only_task(INSPECT)
    desk.perform(row.id, INSPECT, tools=tools)
    return desk.only_task(INSPECT)


# Names that a stranger writes


@pytest.mark.parametrize(
    "path",
    [
        "%00/large.jpg",
        f"{SUBMISSION}/%00.jpg",
        f"{'a' * 1100}/large.jpg",
        f"{SUBMISSION}/{'a' * 1100}.jpg",
        f"{SUBMISSION}/{DIGEST}%0a.jpg",
        f"{SUBMISSION}%0a/{DIGEST}.jpg",
        f"{SUBMISSION}/{'😀' * 490}.jpg",
        f"{SUBMISSION}/large.jpg",
        f"any/{DIGEST}.jpg",
        f"{SUBMISSION.upper()}/{DIGEST}.jpg",
        f"{SUBMISSION}/{'A' * 64}.jpg",
        f"..%2F{SUBMISSION}/{DIGEST}.jpg",
        f"%ed%a0%80/{DIGEST}.jpg",
    ],
)
def test_a_public_name_that_is_none_of_ours_is_not_asked_for(
    api: Api, fragile: tuple[Front, Container], path: str
) -> None:
    front, tools = fragile

    answer = api.over(tools).call("GET", f"/public/avatars/{path}", key=None)

    assert (answer.status_code, front.asked, tools.storage.circuit.is_closed) == (404, [], True)


def test_a_name_of_ours_that_is_not_there_or_refused_is_not_found_and_opens_nothing(
    api: Api, fragile: tuple[Front, Container]
) -> None:
    front, tools = fragile
    web, path = api.over(tools), f"/public/avatars/{uuid4()}/{DIGEST}.jpg"
    missing = web.call("GET", path, key=None)
    front.refuse(403, "AccessDenied", lambda method, _: method == "GET")

    refused = [web.call("GET", path, key=None) for _ in range(3)]

    assert [each.status_code for each in (missing, *refused)] == [404] * 4
    assert tools.storage.circuit.is_closed


# One upload that the store refuses


@pytest.mark.parametrize(("status", "code"), REFUSALS)
def test_one_upload_that_the_store_refuses_is_refused_and_the_next_one_is_read(
    desk: Desk, fragile: tuple[Front, Container], status: int, code: str | None
) -> None:
    front, tools = fragile
    bad = desk.upload(b"archived")
    refused = desk.accept(avatar_body(bad)).id
    front.refuse(status, code, lambda _, path: path.endswith(bad))

    row = inspected(desk, tools)

    assert (row.state, desk.state(refused)) == ("done", "refused")
    assert [each.code for each in desk.rows(finding)] == ["object_unreadable"]
    assert desk.rows(finding)[0].detail == {"reason": code or str(status)}
    assert tools.storage.circuit.is_closed
    assert desk.keys(tools.storage.uploads) == [bad]


def test_the_member_reads_in_their_language_that_the_file_cannot_be_opened(
    desk: Desk, fragile: tuple[Front, Container]
) -> None:
    front, tools = fragile
    member = {"name": "Li", "email": "li@example.com", "locale": "zh-Hans"}
    desk.accept({**avatar_body(desk.upload(b"x")), "member": member})
    front.refuse(403, "InvalidObjectState", lambda _, path: "/upload/" in path and "probe" not in path)
    inspected(desk, tools)

    desk.run_due()

    (mail,) = desk.mails()
    body = mail.get_body(("plain",))
    assert body is not None
    assert "我们无法打开您上传的文件" in body.get_content()


@pytest.mark.parametrize(
    "key", ["k" * 300, "folder/" + "n" * 256, "a//b", "upload/", "keys/\u2028", "keys/%2e%2e", "\u202e"]
)
def test_a_key_that_the_real_store_does_not_take_refuses_its_own_submission_only(
    desk: Desk, fragile: tuple[Front, Container], key: str
) -> None:
    _, tools = fragile
    odd = desk.accept(avatar_body(key)).id

    inspected(desk, tools)

    assert desk.state(odd) == "refused"
    assert tools.storage.circuit.is_closed


def test_a_key_that_was_accepted_before_keys_were_checked_refuses_its_submission(
    desk: Desk, fragile: tuple[Front, Container]
) -> None:
    front, tools = fragile
    old = desk.accept(avatar_body("old")).id
    desk.sql("UPDATE material SET upload_key = :key", key="😀" * 490)

    inspected(desk, tools)

    assert desk.state(old) == "refused"
    assert not [each for each in front.asked if "😀" in each]


# Settings that are wrong


@pytest.mark.parametrize(
    ("status", "code", "named"),
    [
        *((status, code, code or str(status)) for status, code in REFUSALS),
        (403, "InvalidAccessKeyId", "InvalidAccessKeyId"),
        (404, "NoSuchBucket", "proofdesk migrate"),
        (400, "KMS.DisabledException", "KMS.DisabledException"),
        (301, "PermanentRedirect", "PROOFDESK_STORAGE_URL"),
        (302, None, "PROOFDESK_STORAGE_URL"),
    ],
)
def test_a_store_that_refuses_every_upload_refuses_no_submission_and_its_task_goes_on_when_that_is_mended(
    desk: Desk, fragile: tuple[Front, Container], status: int, code: str | None, named: str
) -> None:
    front, tools = fragile
    held = desk.accept(avatar_body(desk.upload(b"no picture"))).id
    front.refuse(status, code, lambda _, path: path.startswith(f"/{tools.storage.uploads}"))

    row = inspected(desk, tools)

    assert (row.state, desk.state(held), desk.rows(finding)) == ("parked", "received", [])
    assert row.last_error.startswith("StorageMisconfigured: ")
    assert named in row.last_error
    assert tools.storage.circuit.is_closed
    front.mend()
    assert retry_parked(tools.db, error="StorageMisconfigured") == 1
    desk.perform(row.id, INSPECT, tools=tools)
    assert desk.state(held) == "refused"  # for what is in it


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no bucket": ({"bucket_uploads": "not-there"}, "proofdesk migrate"),
    "another secret": ({"storage_url": "http://{user}:wrong@{place}"}, "SignatureDoesNotMatch"),
    "an unknown key": ({"storage_url": "http://nobody:{secret}@{place}"}, "InvalidAccessKeyId"),
}


@pytest.fixture(params=list(WRONG.values()), ids=list(WRONG))
def misconfigured(tools: Container, request: pytest.FixtureRequest) -> Iterator[tuple[Container, str]]:
    """The real store with settings that are wrong, and a word of the reason."""
    changed, word = request.param
    login, _, place = tools.settings.storage_url.removeprefix("http://").partition("@")
    user, _, secret = login.partition(":")
    given = {name: value.format(user=user, secret=secret, place=place.rstrip("/")) for name, value in changed.items()}
    made = variant(tools, own=("storage",), **FRAGILE, **given)
    yield made, word
    made.storage.close()


def test_wrong_settings_are_said_by_the_task_readyz_and_doctor_and_open_no_circuit(
    desk: Desk, api: Api, misconfigured: tuple[Container, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, word = misconfigured
    held = desk.submit_avatar()

    row = inspected(desk, tools)
    ready = api.over(tools).readiness().json()
    for name, value in tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))
    doctor = CliRunner(env={"COLUMNS": "400"}).invoke(command_line(["doctor"]), ["doctor", "--json"])

    assert (row.state, desk.state(held), tools.storage.circuit.is_closed) == ("parked", "received", True)
    assert word in row.last_error
    assert (ready["degraded"], ready["circuits"]["object store"]) == (["storage"], "closed")
    assert word in ready["checks"]["storage"]
    assert doctor.exit_code == 1
    assert word in doctor.stdout


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_doctor_finds_a_right_that_is_missing(fragile: tuple[Front, Container], method: str) -> None:
    front, tools = fragile
    front.refuse(403, "AccessDenied", lambda asked, path: asked == method and "probe" in path)

    with pytest.raises(StorageRefused, match="AccessDenied"):
        tools.storage.require_rights(tools.storage.vault)

    assert tools.storage.circuit.is_closed


# What counts as an outage


@pytest.mark.parametrize(("status", "code"), OUTAGES)
def test_an_outage_uses_no_try_and_opens_the_circuit(
    desk: Desk, fragile: tuple[Front, Container], status: int, code: str | None
) -> None:
    front, tools = fragile
    held = desk.submit_avatar()
    front.refuse(status, code, lambda *_: True)

    row = inspected(desk, tools)

    assert (row.state, row.attempts, desk.state(held)) == ("ready", 0, "received")
    assert not tools.storage.circuit.is_closed


def test_a_store_that_comes_back_with_a_bucket_less_closes_its_circuit(desk: Desk, tools: Container) -> None:
    with store_front(tools, circuit_failures=1, circuit_pause_seconds=0.01) as (front, made):
        desk.submit_avatar()
        front.refuse(503, "SlowDown", lambda *_: True)
        inspected(desk, made)
        opened = not made.storage.circuit.is_closed
        front.refuse(404, "NoSuchBucket", lambda _, path: path.startswith(f"/{made.storage.vault}"))

        until(Recovery(made).look, seconds=60)

    assert (opened, made.storage.circuit.is_closed) == (True, True)


# Everybody else who asks the store


def test_a_picture_that_the_store_refuses_is_not_found_and_other_pictures_are_shown(
    desk: Desk, fragile: tuple[Front, Container]
) -> None:
    front, tools = fragile
    desk.submit_avatar()
    desk.inspect()
    held = desk.claimed()
    (file,) = desk.case(held).materials
    front.refuse(403, "InvalidObjectState", lambda method, path: method == "GET" and "large" in path)

    def shown(purpose: Purpose) -> bytes:
        return page_of(held.id, file.id, page=1, purpose=purpose, reviewer_id=held.reviewer, context=tools.review)

    for _ in range(3):
        with pytest.raises((NotFound, StorageRefused)):
            shown("large")

    assert shown("small")[:2] == b"\xff\xd8"
    assert tools.storage.circuit.is_closed


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_publication_that_the_store_refuses_is_parked_with_its_reason(
    desk: Desk, fragile: tuple[Front, Container], method: str
) -> None:
    front, tools = fragile
    desk.submit_avatar()
    desk.inspect()
    desk.approve()
    front.refuse(403, "InvalidObjectState", lambda asked, path: asked == method and path.endswith(".jpg"))
    row = desk.only_task(PUBLISH_AVATAR)

    desk.perform(row.id, PUBLISH_AVATAR, tools=tools)

    assert desk.only_task(PUBLISH_AVATAR).state == "parked"
    assert "InvalidObjectState" in desk.parked()[0]
    assert tools.storage.circuit.is_closed


@pytest.mark.parametrize("code", ["AccessDenied", "QuotaExceeded"])
def test_a_rendition_that_the_vault_does_not_take_is_our_fault_and_parked(
    desk: Desk, fragile: tuple[Front, Container], code: str
) -> None:
    front, tools = fragile
    held = desk.submit_avatar()
    front.refuse(403, code, lambda method, path: method == "PUT" and path.startswith(f"/{tools.storage.vault}"))

    row = inspected(desk, tools)

    assert (row.state, desk.state(held)) == ("parked", "received")
    assert code in row.last_error
    assert tools.storage.circuit.is_closed


def test_an_object_under_a_hold_stops_no_other_from_being_swept(desk: Desk, fragile: tuple[Front, Container]) -> None:
    front, tools = fragile
    for name in ("a", "held", "z"):
        tools.storage.put_vault(f"left/{name}.jpg", b"x", media_type="image/jpeg")
    front.refuse(403, "AccessDenied", lambda method, path: method == "DELETE" and "held" in path)
    task_id = desk.sql(
        "INSERT INTO task (id, kind, ref_id, dedup_key, trace) VALUES (gen_random_uuid(), :kind, 'r', 'd', 't') RETURNING id",
        kind=SWEEP_STORAGE.name,
    )[0][0]
    later = clock.now() + ORPHAN_AGE + timedelta(minutes=1)

    with tools.ledger.work(SWEEP_STORAGE, str(task_id)) as task:
        assert task is not None
        sweep_storage(task, now=later, db=tools.db, storage=tools.storage, policy=tools.policy)

    assert desk.keys(tools.storage.vault) == ["left/held.jpg"]
    assert desk.only_task(SWEEP_STORAGE).state == "parked"
    assert "AccessDenied" in desk.parked()[0]
    assert tools.storage.circuit.is_closed


def test_a_redacted_file_under_a_hold_stops_no_other_from_being_forgotten(
    desk: Desk, fragile: tuple[Front, Container]
) -> None:
    front, tools = fragile
    for name in ("held", "other"):
        tools.storage.put_vault(f"left/{name}.jpg", b"x", media_type="image/jpeg")
    front.refuse(403, "AccessDenied", lambda method, path: method == "DELETE" and "held" in path)
    desk.sql(
        "INSERT INTO task (id, kind, ref_id, dedup_key, trace, payload) VALUES (gen_random_uuid(), :kind, :ref, 'd', 't', "
        """'{"vault": ["left/held.jpg", "left/other.jpg"], "uploads": []}')""",
        kind=FORGET_FILES.name,
        ref=str(uuid4()),
    )

    desk.perform(desk.only_task().id, FORGET_FILES, tools=tools)

    assert desk.keys(tools.storage.vault) == ["left/held.jpg"]
    assert desk.only_task().state == "parked"


# Keys at every door

BAD_KEYS = {
    "empty": "",
    "from the root": "/etc/passwd",
    "a zero byte": "a\x00b",
    "a line end": "a\nb",
    "delete": "a\x7fb",
    "a control character beyond ASCII": "a\x85b",
    "half of a character": "a\ud800b",
    "the other half": "\udfff",
    "490 emoji": "😀" * 490,
    "1,025 bytes": "é" * 513,
    "1,100 characters": "k" * 1100,
    "up": "../vault/secret",
    "up within": "a/../../b",
    "here": "./a",
    "up by another slash": "a\\..\\b",
    "only dots": "..",
}
BAD = pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)


@BAD
def test_a_bad_key_is_refused_over_http(api: Api, desk: Desk, key: str) -> None:
    body = avatar_body("good")
    body["file"] = {"key": key}

    sent = {"content": json.dumps(body), "headers": {"Idempotency-Key": "k", "Content-Type": "application/json"}}
    answer = api.call("POST", "/v1/submissions", key=api.submit_key, **sent)

    assert answer.status_code == 422
    assert problems(answer) == [("file.key", "invalid_value")]
    assert desk.rows(submission) == []


@BAD
def test_a_bad_key_is_parked_at_the_queue(desk: Desk, tools: Container, key: str) -> None:
    message = QueueMessage({**avatar_body("good"), "file": {"key": key}}, str(uuid4()), "trace")

    assert accept_message(message, now=clock.now(), context=tools.intake) is None
    assert [reason.partition(" ")[2][:8] for reason in desk.parked()] == ["file.key"]


@BAD
def test_a_bad_key_is_refused_by_the_use_cases_own_shape(desk: Desk, key: str) -> None:
    with pytest.raises(Invalid):
        desk.accept({**avatar_body("good"), "file": {"key": key}})


def test_the_longest_key_is_accepted_and_read(desk: Desk, fragile: tuple[Front, Container]) -> None:
    key = "/".join(["é" * 100] * 4) + "/" + "k" * 96
    tools = fragile[1]
    tools.storage.put_upload(key, photo(), media_type="image/jpeg")
    good = desk.accept(avatar_body(key)).id

    inspected(desk, tools)

    assert desk.state(good) == "in_review"
