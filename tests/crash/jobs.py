"""What the process that is killed does: a request to the web process, a task of a worker, a message, a chore of the relay."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from config.container import Container
from pipeline.kernel import clock
from pipeline.kernel.errors import AlreadyThere
from pipeline.notification.send import compose
from pipeline.notification.tables import mail
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import lifecycle
from pipeline.submission.lifecycle import Transition
from pipeline.submission.mail_contract import SubmissionMail
from pipeline.tasks import operate
from pipeline.tasks.rules import FORGET_OLD, KINDS, SWEEP_STORAGE, TaskState
from pipeline.tasks.schedule import Scheduled, fire_due
from pipeline.workflows.retention import sweep_storage
from tests.crash.messages import take
from workers.actors import perform
from workers.relay import chores

SELDOM: Final = tuple(Scheduled(kind, timedelta(days=10_000)) for kind in (SWEEP_STORAGE, FORGET_OLD))
"""So seldom that no period begins between a kill and what follows it."""


@dataclass(frozen=True)
class Ready:
    """What the process has before it begins: its clients, and a client of its own web application."""

    tools: Container
    client: Any


class DidNothing(Exception):
    """The job did not do what its test is about."""


def request(ready: Ready, **call: Any) -> None:
    answer = ready.client.request(**call)
    if not answer.is_success:
        raise DidNothing(answer.text)


def work(ready: Ready, *, kind: str, task_id: str) -> None:
    perform(KINDS[kind], task_id, ready.tools)
    _require_done(ready, task_id)


def sweep_later(ready: Ready, *, task_id: str, days: float) -> None:
    """The sweep of the storage as it will be in so many days."""
    tools, now = ready.tools, clock.now() + timedelta(days=days)
    with tools.ledger.work(SWEEP_STORAGE, task_id) as task:
        if task is not None:
            sweep_storage(task, now=now, db=tools.db, storage=tools.storage, policy=tools.policy)
    _require_done(ready, task_id)


def take_message(ready: Ready) -> None:
    take(ready.tools.broker)


def chore(ready: Ready, *, name: str) -> None:
    (named,) = [each for each in chores(ready.tools) if each.name == name]
    if not named.do():
        raise DidNothing(name)


def fire(ready: Ready) -> None:
    if not fire_due(ready.tools.db, schedule=SELDOM):
        raise DidNothing("nothing was due")


def withdraw_carelessly(ready: Ready, *, submission_id: str) -> None:
    """Wrong on purpose: it commits, calls the mail server, and commits again, and no task of the ledger knows of it."""
    tools, cause = ready.tools, UUID(submission_id)
    with suppress(AlreadyThere):
        with tools.db.begin() as connection:
            subject = lifecycle.transition(connection, cause, Transition.WITHDRAWN, actor="careless")
            told = SubmissionMail(
                cause, MailTemplate.SUBMISSION_REFUSED, cause, "m-1", sentences=(f"It is {subject}.",)
            )
            tools.freeze_mail(connection, told)
        with tools.db.read() as connection:
            row = connection.execute(select(mail).where(mail.c.cause_id == cause)).one()
        message = compose(row, tools.sender, recipient=row.recipient)
        tools.mailer.hand_over(tools.sender.address, row.recipient, message)
        with tools.db.begin() as connection:
            connection.execute(update(mail).where(mail.c.cause_id == cause).values(state="sent"))


def _require_done(ready: Ready, task_id: str) -> None:
    shown = operate.task_shown(ready.tools.db, UUID(task_id))
    if shown["state"] != TaskState.DONE:
        raise DidNothing(f"the task is {shown['state']}: {shown['last_error']}")


JOBS: Final[Mapping[str, Callable[..., None]]] = {
    job.__name__: job for job in (request, work, sweep_later, take_message, chore, fire, withdraw_carelessly)
}
