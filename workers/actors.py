from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import dramatiq

from config.container import Container
from pipeline.avatar import service as avatar
from pipeline.events.webhooks.deliver import deliver
from pipeline.events.webhooks.resend import go_on
from pipeline.inspection import originals
from pipeline.inspection.service import inspect
from pipeline.intake.parked import accept_parked
from pipeline.kernel import clock
from pipeline.membership.level import unlock
from pipeline.notification.freeze import withdraw
from pipeline.notification.send import send
from pipeline.review.cases import sealed
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import (
    ACCEPT,
    CHECKPOINT_AUDIT,
    DECIDE_TEST,
    DELIVER_EVENT,
    ERASE_MEMBER,
    EXPIRE_CODE,
    FORGET_FILES,
    FORGET_OLD,
    FORGET_UPLOADS,
    INSPECT,
    JUDGE_NUMBER,
    PUBLISH_AVATAR,
    REMOVE_AVATAR,
    REPLAY_EVENTS,
    RETAIN,
    SEND_CODE,
    SEND_MAIL,
    SWEEP_STORAGE,
    UNLOCK_STAGE,
    WATCH_SLA,
    WEBHOOKS,
    Kind,
)
from pipeline.verification import business_email
from pipeline.verification.tax_number import judge_number
from pipeline.workflows import audit, retention, sla_watch
from pipeline.workflows.erasure.proceed import proceed
from pipeline.workflows.retain import retain
from pipeline.workflows.test_mode import decide as test_mode
from pipeline.workflows.verification_code import send_code
from workers.apart import Apart

Work = Callable[[Task, Container], None]

PRIORITY: Final = {"notification": 0, "effects": 10, "inspection": 20, "intake": 30, WEBHOOKS: 40}
"""A lower number goes first: results before new work, accepted submissions before new ones, and other services' endpoints last."""


def inspect_submission(task: Task, tools: Container) -> None:
    """Inspect one submission's files and route it to review or refusal."""
    inspect(
        task,
        db=tools.db,
        storage=tools.storage,
        policy=tools.policy,
        inspector=tools.inspector,
        freeze_mail=tools.freeze_mail,
    )


def accept_parked_submission(task: Task, tools: Container) -> None:
    """Try a message of the queue door again that was parked."""
    accept_parked(task, now=clock.now(), context=tools.intake)


def publish_avatar(task: Task, tools: Container) -> None:
    """Publish an approved avatar in place of the old one."""
    avatar.publish(task, db=tools.db, storage=tools.storage)


def remove_avatar(task: Task, tools: Container) -> None:
    """Delete a replaced avatar from the public bucket."""
    avatar.remove(
        task,
        db=tools.db,
        storage=tools.storage,
        delete_unneeded=tools.deletions,
        public_url=tools.settings.public_base,
        purge=tools.purge,
    )


def unlock_stage(task: Task, tools: Container) -> None:
    """Unlock the stage that was approved, with its benefits."""
    unlock(task, db=tools.db, policy=tools.policy, freeze_mail=tools.freeze_mail, withdraw_mail=withdraw)


def send_mail(task: Task, tools: Container) -> None:
    """Hand a frozen mail to the mail server."""
    send(task, db=tools.db, mailer=tools.mailer, sender=tools.sender, sealer=tools.sealer)


def judge_tax_number(task: Task, tools: Container) -> None:
    """Check a tax number: reject it, pass it to a person, or approve it."""
    judge_number(task, db=tools.db, policy=tools.policy, freeze_mail=tools.freeze_mail, look_up=tools.look_up)


def send_business_code(task: Task, tools: Container) -> None:
    """Send a code to a business address."""
    send_code(task, now=clock.now(), db=tools.db, mailer=tools.mailer, sender=tools.sender, policy=tools.policy)


def deliver_event(task: Task, tools: Container) -> None:
    """Send events to an endpoint of another service."""
    deliver(task, clock=clock.now, db=tools.db, http=tools.outgoing, policy=tools.policy.events, sealer=tools.sealer)


def replay_events(task: Task, tools: Container) -> None:
    """Go on with a replay of many events."""
    go_on(task, db=tools.db)


def decide_test(task: Task, tools: Container) -> None:
    """Decide what a test key sent, as it asked for."""
    test_mode.decide_test(task, db=tools.db, policy=tools.policy, freeze_mail=tools.freeze_mail)


def expire_code(task: Task, tools: Container) -> None:
    """End a submission whose code expired."""
    business_email.expire(task, db=tools.db, policy=tools.policy, freeze_mail=tools.freeze_mail)


def forget_files(task: Task, tools: Container) -> None:
    """Destroy the originals behind a redaction."""
    sealed.forget_files(task, db=tools.db, delete_unneeded=tools.deletions)


def forget_uploads(task: Task, tools: Container) -> None:
    """Delete uploads of which inspection has kept a copy."""
    originals.forget_uploads(task, db=tools.db, storage=tools.storage, delete_unneeded=tools.deletions)


def sweep_storage(task: Task, tools: Container) -> None:
    """Delete objects past their retention, and objects that no row names."""
    retention.sweep_storage(task, now=tools.db.now(), db=tools.db, storage=tools.storage, policy=tools.policy)


def forget_old(task: Task, tools: Container) -> None:
    """Delete old keys of requests, and tasks that are long done."""
    retention.forget_old(task, db=tools.db, policy=tools.policy)


def sweep_retention(task: Task, tools: Container) -> None:
    """Delete what was kept long enough, and go on with erasures whose hold has ended."""
    retain(task, now=tools.db.now(), db=tools.db, storage=tools.storage, policy=tools.policy)


def erase_member(task: Task, tools: Container) -> None:
    """Erase what is left of a member who was hidden."""
    proceed(task, context=tools.erasure)


def watch_sla(task: Task, tools: Container) -> None:
    """Emit what is due soon or overdue, and mail the members whose results may be late."""
    sla_watch.watch(task, now=tools.db.now(), context=tools.context(actor=sla_watch.ACTOR, trace=task.trace))


def checkpoint_audit(task: Task, tools: Container) -> None:
    """Keep in the object store where the chain of the audit is."""
    audit.checkpoint(task, db=tools.db, storage=tools.storage)


WORK: Final[Mapping[Kind, Work]] = {
    INSPECT: inspect_submission,
    ACCEPT: accept_parked_submission,
    PUBLISH_AVATAR: publish_avatar,
    REMOVE_AVATAR: remove_avatar,
    UNLOCK_STAGE: unlock_stage,
    SEND_MAIL: send_mail,
    JUDGE_NUMBER: judge_tax_number,
    SEND_CODE: send_business_code,
    DECIDE_TEST: decide_test,
    EXPIRE_CODE: expire_code,
    DELIVER_EVENT: deliver_event,
    REPLAY_EVENTS: replay_events,
    FORGET_FILES: forget_files,
    FORGET_UPLOADS: forget_uploads,
    SWEEP_STORAGE: sweep_storage,
    FORGET_OLD: forget_old,
    RETAIN: sweep_retention,
    ERASE_MEMBER: erase_member,
    WATCH_SLA: watch_sla,
    CHECKPOINT_AUDIT: checkpoint_audit,
}


def declare(tools: Container) -> None:
    """Declare an actor for each kind of work. Its message is a task's id; all else is in the ledger.

    What waits for endpoints of other services goes to threads of its own: a worker's thread only passes it on.
    """
    apart = Apart(tools.settings.webhook_threads)
    tools.broker.add_middleware(apart)
    for kind in WORK:
        _declare(kind, tools, apart if kind.queue == WEBHOOKS else None)


def perform(kind: Kind, task_id: str, tools: Container) -> None:
    """Do one task, if it is due and no other worker holds it."""
    with tools.ledger.work(kind, task_id) as task:
        if task is not None:
            WORK[kind](task, tools)


def _declare(kind: Kind, tools: Container, apart: Apart | None) -> None:
    def act(task_id: str) -> None:
        perform(kind, task_id, tools)

    def pass_on(task_id: str) -> None:
        if apart is not None:
            apart.do(partial(act, task_id))

    dramatiq.actor(
        broker=tools.broker,
        actor_name=kind.actor,
        queue_name=kind.queue,
        priority=PRIORITY[kind.queue],
        time_limit=kind.limit_seconds * 1000,
    )(act if apart is None else pass_on)
