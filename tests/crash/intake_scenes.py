"""The doors: a submission is accepted, an upload slot opened, a submission taken back."""

from typing import Any

from pipeline.intake.parked import QueueMessage, park_message
from pipeline.tasks import operate
from pipeline.tasks.rules import ACCEPT
from tests.crash.jobs import take_message
from tests.crash.messages import take_what_was_left
from tests.crash.papers import statement
from tests.crash.scene import Arrange, Scene, post, task
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api
from tests.support.workers import message, push_raw


def accept_an_avatar(desk: Desk, api: Api) -> Scene:
    """In place of one that is still in review."""
    desk.case_waiting("m-1")
    return post(api, "/v1/submissions", avatar_body(desk.upload(photo())), once="k-1")


def accept_a_verification(desk: Desk, api: Api) -> Scene:
    key = desk.upload(statement(), media_type="application/pdf")
    return post(api, "/v1/submissions", verification_body({"bank_statement": key}), once="k-1")


def open_an_upload_slot(_desk: Desk, api: Api) -> Scene:
    return post(api, "/v1/uploads", {"purpose": "avatar", "media_type": "image/jpeg", "length": 1000}, once="k-1")


def withdraw(desk: Desk, api: Api) -> Scene:
    submission = desk.case_waiting(kind="verification")
    return post(api, f"/v1/submissions/{submission}/withdraw")


def accept_from_the_queue(desk: Desk, _api: Api) -> Scene:
    return _queued(desk, avatar_body(desk.upload(photo())))


def park_from_the_queue(desk: Desk, _api: Api) -> Scene:
    return _queued(desk, verification_body(stage="heaven"))


def park_what_is_no_message(desk: Desk, _api: Api) -> Scene:
    push_raw(desk.tools, b"hello")
    return Scene(take_message, {}, lambda: take_what_was_left(desk.tools))


def accept_what_was_parked(desk: Desk, _api: Api) -> Scene:
    """As an operator asked."""
    payload = QueueMessage(avatar_body(desk.upload(photo())), "k-1", "trace-1").as_payload()
    park_message(payload, reason="the queue was closed", dedup="k-1", db=desk.tools.db)
    parked = desk.only_task(ACCEPT).id
    operate.retry(desk.tools.db, parked)
    return task(ACCEPT, parked)


def _queued(desk: Desk, body: dict[str, Any]) -> Scene:
    desk.tools.broker.enqueue(message(body, idempotency_key="k-1", correlation_id="trace-1"))
    return Scene(take_message, {}, lambda: take_what_was_left(desk.tools))


SCENES: dict[str, Arrange] = {
    "accept an avatar over HTTP": accept_an_avatar,
    "accept a verification over HTTP": accept_a_verification,
    "open an upload slot": open_an_upload_slot,
    "withdraw a submission": withdraw,
    "accept from the queue": accept_from_the_queue,
    "park from the queue": park_from_the_queue,
    "park what is no message": park_what_is_no_message,
    "accept what was parked": accept_what_was_parked,
}
