"""What workers do: inspection, effects, mail, retention."""

from typing import Any
from uuid import uuid4

from pipeline.tasks.rules import (
    FORGET_OLD,
    INSPECT,
    PUBLISH_AVATAR,
    REMOVE_AVATAR,
    SEND_MAIL,
    SWEEP_STORAGE,
    UNLOCK_STAGE,
    Kind,
    TaskState,
)
from tests.crash.jobs import Ready, sweep_later
from tests.crash.papers import statement
from tests.crash.recovery import take_back
from tests.crash.scene import Arrange, Scene, recorded, task
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api


def inspect_an_avatar(desk: Desk, _api: Api) -> Scene:
    desk.submit_avatar()
    return _waiting(desk, INSPECT)


def inspect_a_document(desk: Desk, _api: Api) -> Scene:
    key = desk.upload(statement(), media_type="application/pdf")
    desk.accept(verification_body({"bank_statement": key}))
    return _waiting(desk, INSPECT)


def inspect_a_bad_file(desk: Desk, _api: Api) -> Scene:
    """It is refused, and the member is told."""
    desk.submit_avatar(body=photo()[:-100])
    return _waiting(desk, INSPECT)


def publish_in_place_of_another(desk: Desk, _api: Api) -> Scene:
    _approved_avatar(desk)
    desk.run_due()
    _approved_avatar(desk)
    return _waiting(desk, PUBLISH_AVATAR)


def remove_a_replaced_avatar(desk: Desk, _api: Api) -> Scene:
    _approved_avatar(desk)
    desk.run_due()
    _approved_avatar(desk)
    desk.run_due(PUBLISH_AVATAR, SEND_MAIL)
    return _waiting(desk, REMOVE_AVATAR)


def unlock_a_stage(desk: Desk, _api: Api) -> Scene:
    desk.case_waiting(kind="verification")
    desk.approve()
    return _waiting(desk, UNLOCK_STAGE)


def send_a_mail(desk: Desk, _api: Api) -> Scene:
    desk.case_waiting(kind="verification")
    desk.reject()
    return _waiting(desk, SEND_MAIL)


def sweep_the_storage(desk: Desk, api: Api) -> Scene:
    """A rendition, a public picture and an original that nobody needs, beside an avatar that everybody sees."""
    storage = desk.tools.storage
    _approved_avatar(desk)
    desk.run_due()
    desk.upload(photo())
    storage.put_vault("left/over/1/large-1.jpg", photo(), media_type="image/jpeg")
    storage.put_public(f"avatars/{uuid4()}/late.jpg", photo(), media_type="image/jpeg")
    due = recorded(desk, SWEEP_STORAGE, uuid4())
    given = {"task_id": str(due), "days": desk.tools.policy.upload.retention_days + 1}
    return Scene(sweep_later, given, lambda: _sweep_again(desk, api, given))


def forget_what_is_old(desk: Desk, _api: Api) -> Scene:
    desk.case_waiting()
    desk.sql("UPDATE task SET ended_at = now() - interval '90 days'")
    return task(FORGET_OLD, recorded(desk, FORGET_OLD, uuid4()))


def _approved_avatar(desk: Desk) -> None:
    desk.accept(avatar_body(desk.upload(photo())))
    desk.inspect()
    desk.approve()


def _sweep_again(desk: Desk, api: Api, given: dict[str, Any]) -> None:
    """Another worker, once the lease has run out, and as late as the first."""
    take_back(desk)
    sweep_later(Ready(desk.tools, api.client), **given)


def _waiting(desk: Desk, kind: Kind) -> Scene:
    (waiting,) = [row.id for row in desk.tasks(kind) if row.state == TaskState.READY]
    return task(kind, waiting)


SCENES: dict[str, Arrange] = {
    "inspect an avatar": inspect_an_avatar,
    "inspect a document": inspect_a_document,
    "inspect a bad file": inspect_a_bad_file,
    "publish in place of another": publish_in_place_of_another,
    "remove a replaced avatar": remove_a_replaced_avatar,
    "unlock a stage": unlock_a_stage,
    "send a mail": send_a_mail,
    "sweep the storage": sweep_the_storage,
    "forget what is old": forget_what_is_old,
}
