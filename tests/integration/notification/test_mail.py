from uuid import UUID

from pipeline.submission.audit import audit
from pipeline.tasks.rules import SEND_MAIL
from tests.support.bodies import avatar_body, member
from tests.support.desk import Desk
from tests.support.mails import frozen, rejected, task_of, words
from tests.support.smtp import mail_server


def test_a_mail_goes_to_the_member_once_with_text_and_html(desk: Desk) -> None:
    submission = rejected(desk)

    desk.run_due()
    desk.run_due()

    (sent,) = desk.mails()
    decided = desk.submission(submission).decision
    assert decided is not None
    assert sent["X-Envelope-To"] == sent["To"] == "ada@shop.example.com"
    assert sent["From"] == "Membership services <no-reply@proofdesk.example>"
    assert sent["Subject"] == "Your new avatar was not approved"
    assert sent["Message-ID"] == f"<{decided.id}@proofdesk.example>"
    assert (sent["Auto-Submitted"], sent["X-Submission-ID"]) == ("auto-generated", str(submission))
    assert [part.get_content_type() for part in sent.iter_parts()] == ["text/plain", "text/html"]
    assert decided.reasons[0].text in words(sent)


def test_a_mail_that_was_sent_says_so_in_the_same_breath_as_its_task(desk: Desk) -> None:
    submission = rejected(desk)
    assert desk.submission(submission).effects[0].state == "pending"

    desk.run_due()

    (effect,) = desk.submission(submission).effects
    assert (effect.name, effect.state) == ("mail", "sent")
    assert effect.done_at is not None
    assert desk.only_task(SEND_MAIL).state == "done"
    (row,) = [row for row in desk.rows(audit) if row.event == "mail.sent"]
    assert (row.submission_id, row.correlation_id) == (submission, "trace-1")


def test_a_mail_says_what_was_true_when_it_was_decided(desk: Desk) -> None:
    rejected(desk)
    desk.sql("""UPDATE submission SET member = '{"name": "Somebody Else", "email": "else@example.com"}'""")

    desk.run_due()

    assert desk.mails()[0]["To"] == "ada@shop.example.com"
    assert "Dear Ada Byron," in words(desk.mails()[0])


def test_a_name_of_any_language_is_written_as_it_is(desk: Desk) -> None:
    named = {**avatar_body(), "member": member(name="李 Zoë & Söhne")}
    desk.clear(desk.accept(named).id)
    desk.reject()

    desk.run_due()

    (sent,) = desk.mails()
    plain, html = (part.get_content() for part in sent.iter_parts())
    assert "Dear 李 Zoë & Söhne," in plain
    assert "Dear 李 Zoë &amp; Söhne," in html


def foreign(desk: Desk, address: str) -> UUID:
    """A rejection for somebody whose address is not ASCII; the task of its mail."""
    desk.clear(desk.accept({**avatar_body(member_id="m-foreign"), "member": member(email=address)}).id)
    desk.reject()
    return task_of(desk)


def test_an_address_with_a_domain_of_another_alphabet_is_served(desk: Desk) -> None:
    task_id = foreign(desk, "zoe@bücher.example.com")

    with mail_server(desk.tools) as (server, tools):
        desk.perform(task_id, SEND_MAIL, tools=tools)

    assert (frozen(desk).state, len(server.mails)) == ("sent", 1)


def test_an_address_that_the_mail_server_cannot_take_is_parked_at_once(desk: Desk) -> None:
    task_id = foreign(desk, "zoë@books.example.com")

    with mail_server(desk.tools) as (_, tools):
        desk.perform(task_id, SEND_MAIL, tools=tools)

    assert desk.parked()[0].startswith("MailRefused: ")


def test_an_address_that_the_mail_server_cannot_take_does_not_stop_the_next_mail(desk: Desk) -> None:
    task_id = foreign(desk, "zoë@books.example.com")
    rejected(desk)

    with mail_server(desk.tools) as (server, tools):
        desk.perform(task_id, SEND_MAIL, tools=tools)
        Desk(tools).run_due()

    assert [b"To: ada@shop.example.com" in each for each in server.mails] == [True]


def test_one_connection_serves_many_mails(desk: Desk) -> None:
    rejected(desk, 6)

    with mail_server(desk.tools) as (server, tools):
        Desk(tools).run_due()

    assert len(server.mails) == 6
    assert server.connections == 1


def test_a_name_before_the_at_sign_in_another_script_is_handed_over_by_smtputf8(desk: Desk) -> None:
    addressed = {**avatar_body(), "member": member(email="用户@bücher.example.com")}
    desk.clear(desk.accept(addressed).id)
    desk.reject()

    desk.run_due()

    (sent,) = desk.mails()
    assert sent["X-Envelope-To"] == "用户@xn--bcher-kva.example.com"
