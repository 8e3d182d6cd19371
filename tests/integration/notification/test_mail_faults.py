from email import message_from_bytes
from typing import Any

import pytest

from pipeline.notification.tables import mail
from pipeline.tasks.relay import sweep_leases
from pipeline.tasks.rules import SEND_MAIL
from tests.support.desk import Desk
from tests.support.faults import without_mail_server
from tests.support.mails import frozen, rejected, task_of
from tests.support.smtp import CUT, mail_server


def test_a_mail_server_that_is_away_keeps_the_mail_pending(desk: Desk) -> None:
    rejected(desk)

    with without_mail_server(desk.tools) as cut_off:
        desk.perform(task_of(desk), SEND_MAIL, tools=cut_off)

    row = frozen(desk)
    assert (row.state, row.ambiguous) == ("pending", 0)
    assert desk.only_task(SEND_MAIL).state == "ready"
    desk.let_backoff_pass()
    desk.run_due()
    assert (frozen(desk).state, frozen(desk).last_error) == ("sent", None)
    assert len(desk.mails()) == 1


@pytest.mark.parametrize(
    "answers",
    [{"mail": "451 later"}, {"rcpt": "450 greylisted"}, {"data": "451 later"}, {"dot": "452 full"}, {"rcpt": CUT}],
    ids=["mail", "rcpt", "data", "dot", "cut before data"],
)
def test_a_mail_that_surely_was_not_taken_stays_pending(desk: Desk, answers: dict[str, Any]) -> None:
    rejected(desk)

    with mail_server(desk.tools, **answers) as (_, faulty):
        desk.perform(task_of(desk), SEND_MAIL, tools=faulty)

    assert (frozen(desk).state, frozen(desk).ambiguous) == ("pending", 0)
    assert desk.only_task(SEND_MAIL).state == "ready"


@pytest.mark.parametrize(
    "answers",
    [{"mail": "550 no"}, {"rcpt": "550 no such user"}, {"data": "554 no"}, {"dot": "554 spam"}],
    ids=["mail", "rcpt", "data", "dot"],
)
def test_a_mail_that_is_refused_for_good_is_parked(desk: Desk, answers: dict[str, Any]) -> None:
    rejected(desk)

    with mail_server(desk.tools, **answers) as (_, faulty):
        desk.perform(task_of(desk), SEND_MAIL, tools=faulty)

    assert desk.parked()[0].startswith("MailRefused: The mail server refuses the mail: 55")
    assert frozen(desk).state == "pending"


def test_a_connection_lost_after_the_final_dot_is_ambiguous_and_sent_again_with_the_same_id(desk: Desk) -> None:
    rejected(desk)
    with mail_server(desk.tools, dot=CUT) as (server, faulty):
        desk.perform(task_of(desk), SEND_MAIL, tools=faulty)
    row = frozen(desk)
    assert (row.state, row.ambiguous, desk.only_task(SEND_MAIL).state) == ("unknown", 1, "ready")
    desk.let_backoff_pass()

    desk.run_due()

    (first,) = server.mails
    (second,) = desk.mails()
    assert message_from_bytes(first)["Message-ID"] == second["Message-ID"]
    assert (frozen(desk).state, frozen(desk).ambiguous) == ("sent", 1)


def test_a_worker_killed_while_it_sent_is_ambiguous_too(desk: Desk) -> None:
    rejected(desk)
    assert desk.tools.ledger.claim(SEND_MAIL, str(task_of(desk)))
    desk.sql("UPDATE mail SET state = 'sending'")
    desk.let_lease_expire(task_of(desk))
    sweep_leases(desk.tools.db)

    desk.run_due()

    assert (frozen(desk).state, frozen(desk).ambiguous) == ("sent", 1)
    assert len(desk.mails()) == 1


@pytest.mark.parametrize("answers", [{"rcpt": "451 later"}, {"dot": CUT}], ids=["pending", "unknown"])
def test_a_worker_that_lost_its_lease_does_not_unsay_that_the_mail_was_sent(
    desk: Desk, answers: dict[str, Any]
) -> None:
    rejected(desk)
    slow = desk.tools.ledger.claim(SEND_MAIL, str(task_of(desk)))
    assert slow is not None
    desk.let_lease_expire(task_of(desk))
    sweep_leases(desk.tools.db)
    desk.run_due()
    assert frozen(desk).state == "sent"

    with mail_server(desk.tools, **answers) as (_, faulty):
        desk.finish_late(slow, tools=faulty)

    assert frozen(desk).state == "sent"


def test_a_kept_connection_that_was_closed_meanwhile_is_made_anew(desk: Desk) -> None:
    rejected(desk, 2)
    first, second = (row.id for row in desk.tasks(SEND_MAIL))
    with mail_server(desk.tools) as (server, tools):
        desk.perform(first, SEND_MAIL, tools=tools)
        connection = tools.mailer._connection()  # noqa: SLF001  (only the mailer has it)
        connection.quit()

        desk.perform(second, SEND_MAIL, tools=tools)

    assert [row.state for row in desk.rows(mail)] == ["sent", "sent"]
    assert (len(server.mails), server.connections) == (2, 2)


def test_the_bytes_of_a_mail_are_the_same_each_time(desk: Desk) -> None:
    rejected(desk)
    with mail_server(desk.tools, dot=CUT) as (server, faulty):
        desk.perform(task_of(desk), SEND_MAIL, tools=faulty)
        desk.let_backoff_pass()
        desk.perform(task_of(desk), SEND_MAIL, tools=faulty)

    first, second = server.mails
    assert first == second
    assert frozen(desk).ambiguous == 2
