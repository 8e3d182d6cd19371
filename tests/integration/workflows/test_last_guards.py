"""What holds when everything before it has failed: the database's own rules, and workers that find that they were overtaken."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from config.container import Container
from pipeline.kernel.errors import DatabaseFault, LeaseLost, MailUnavailable
from pipeline.notification.tables import mail
from pipeline.tasks.ledger import Task
from pipeline.tasks.relay import sweep_leases
from pipeline.tasks.rules import INSPECT, PUBLISH_AVATAR, SEND_MAIL, Kind
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.faults import without_storage
from tests.support.servers import variant
from workers.actors import WORK

SAME_CLAIM = (
    "INSERT INTO claim (id, token, submission_id, reviewer_id, lease_until)"
    " SELECT gen_random_uuid(), gen_random_uuid(), submission_id, reviewer_id, lease_until FROM claim"
)


def two_of_everything(desk: Desk) -> None:
    """Two verifications of one member, two members with an avatar each, their tasks, and one claim."""
    desk.case_waiting("m-1", kind="verification")
    desk.accept(verification_body())
    desk.accept(avatar_body(member_id="m-1"))
    desk.accept(avatar_body(member_id="m-2"))
    desk.claimed()


def overtaken(desk: Desk, kind: Kind) -> Task:
    """The only task of this kind, held by a worker whose lease was given to nobody else yet, but taken back."""
    held = desk.tools.ledger.claim(kind, str(desk.only_task(kind).id))
    assert held is not None
    desk.let_lease_expire(held.id)
    assert sweep_leases(desk.tools.db) == 1
    return held


@dataclass
class StrangeMailer:
    """A connection on which something happens in the middle of a mail."""

    happens: Callable[[], None]

    def hand_over(self, *_: object) -> None:
        self.happens()


def with_mailer(tools: Container, happens: Callable[[], None]) -> Container:
    made = variant(tools)
    made.__dict__["mailer"] = StrangeMailer(happens)
    return made


def rejected(desk: Desk) -> UUID:
    """A task that is to send the mail of a rejection."""
    desk.case_waiting()
    desk.reject()
    task_id: UUID = desk.only_task(SEND_MAIL).id
    return task_id


def approved(desk: Desk) -> UUID:
    submission = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    return submission


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE submission SET chance = 1 WHERE kind = 'verification'", "uq_submission_chance"),
        ("UPDATE submission SET member_id = 'm-1' WHERE kind = 'avatar'", "uq_submission_open_avatar"),
        ("UPDATE task SET dedup_key = 'one'", "uq_task_dedup_key"),
        (SAME_CLAIM, "uq_claim_live"),
    ],
    ids=["chance", "avatar", "task", "claim"],
)
def test_the_database_itself_refuses_a_second_one(desk: Desk, statement: str, rule: str) -> None:
    two_of_everything(desk)

    with pytest.raises(DatabaseFault, match=rule):
        desk.sql(statement)


def test_an_inspector_that_was_overtaken_writes_nothing_into_the_vault(desk: Desk) -> None:
    desk.submit_avatar()
    held = overtaken(desk, INSPECT)

    with pytest.raises(LeaseLost):
        WORK[INSPECT](held, desk.tools)

    assert desk.keys(desk.tools.storage.vault) == []


def test_a_sender_that_was_overtaken_hands_no_mail_over(desk: Desk) -> None:
    rejected(desk)
    held = overtaken(desk, SEND_MAIL)

    with pytest.raises(LeaseLost):
        WORK[SEND_MAIL](held, desk.tools)

    assert desk.mails() == []


def test_a_sender_that_is_overtaken_while_it_sends_does_not_unsay_what_the_other_one_did(desk: Desk) -> None:
    held = desk.tools.ledger.claim(SEND_MAIL, str(rejected(desk)))
    assert held is not None

    def other_one_sends() -> None:
        desk.let_lease_expire(held.id)
        sweep_leases(desk.tools.db)
        desk.run_due()
        raise MailUnavailable("The connection broke.")

    with pytest.raises(MailUnavailable):
        WORK[SEND_MAIL](held, with_mailer(desk.tools, other_one_sends))

    (frozen,) = desk.rows(mail)
    assert (frozen.state, len(desk.mails())) == ("sent", 1)


def test_a_mail_that_its_worker_died_over_counts_as_one_that_may_have_been_taken(desk: Desk) -> None:
    task_id = rejected(desk)
    with pytest.raises(SystemExit):
        desk.perform(task_id, SEND_MAIL, tools=with_mailer(desk.tools, sys.exit))
    desk.let_backoff_pass()

    desk.run_due()

    (frozen,) = desk.rows(mail)
    assert (frozen.state, frozen.ambiguous) == ("sent", 1)


def test_an_avatar_is_not_shown_before_its_pictures_lie_where_everybody_sees_them(desk: Desk) -> None:
    approved(desk)
    with without_storage(desk.tools) as tools:
        desk.perform(desk.only_task(PUBLISH_AVATAR).id, PUBLISH_AVATAR, tools=tools)

    assert desk.avatar().submission_id is None
    assert desk.only_task(PUBLISH_AVATAR).state == "ready"
