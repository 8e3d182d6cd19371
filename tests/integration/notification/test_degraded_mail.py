"""The mail server is away, or does not want one mail now."""

from config.container import Container
from pipeline.notification.tables import mail
from pipeline.tasks.rules import SEND_MAIL
from tests.support.desk import Desk
from tests.support.line import mail_line
from tests.support.mails import rejected, task_of
from tests.support.smtp import mail_server
from tests.support.together import until
from workers.recovery import Recovery


def send_all(desk: Desk, *, by: Container) -> None:
    for row in desk.tasks(SEND_MAIL):
        desk.perform(row.id, SEND_MAIL, tools=by)


def test_mails_are_kept_without_asking_a_server_that_was_away_several_times_in_a_row(
    desk: Desk, tools: Container
) -> None:
    rejected(desk, 4)
    with mail_line(tools, circuit_failures=2, circuit_pause_seconds=600) as (line, made):
        line.cut()

        send_all(desk, by=made)

        assert line.tries == 2
    causes = [row.last_error.partition(":")[0] for row in desk.tasks(SEND_MAIL)]
    assert causes == ["MailUnavailable"] * 2 + ["MailCircuitOpen"] * 2
    assert [(row.state, row.ambiguous) for row in desk.rows(mail)] == [("pending", 0)] * 4
    assert [(row.state, row.attempts) for row in desk.tasks(SEND_MAIL)] == [("ready", 0)] * 4


def test_when_the_server_is_back_each_mail_is_handed_over_once(desk: Desk, tools: Container) -> None:
    rejected(desk, 4)
    with mail_line(tools, circuit_failures=1, circuit_pause_seconds=0.01) as (line, made):
        line.cut()
        send_all(desk, by=made)
        recovery = Recovery(made)
        recovery.look()

        line.mend()
        until(recovery.look, seconds=60)
        desk.let_backoff_pass()
        send_all(desk, by=made)

    assert [row.state for row in desk.rows(mail)] == ["sent"] * 4
    assert len(desk.mails()) == 4


def test_a_server_that_says_that_it_closes_is_away(desk: Desk, tools: Container) -> None:
    rejected(desk)
    with mail_server(tools, circuit_failures=1, mail="421 shutting down") as (_, faulty):
        desk.perform(task_of(desk), SEND_MAIL, tools=faulty)

    assert not faulty.mailer.circuit.is_closed


def test_a_mail_that_the_server_takes_later_does_not_stop_the_others(desk: Desk, tools: Container) -> None:
    rejected(desk)
    with mail_server(tools, circuit_failures=1, rcpt="450 greylisted") as (_, faulty):
        desk.perform(task_of(desk), SEND_MAIL, tools=faulty)

    assert faulty.mailer.circuit.is_closed
    assert desk.only_task(SEND_MAIL).last_error.startswith("MailDeferred: ")
    assert desk.only_task(SEND_MAIL).waits == 1
