import pytest

from config.container import Container
from pipeline.errors import NotFound
from pipeline.ids import new_id
from pipeline.notification.render import Rendered
from pipeline.notification.tables import mail
from pipeline.policy import Attempts
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.mails import frozen
from tests.support.servers import variant


def kept(desk: Desk) -> Rendered:
    row = frozen(desk)
    return Rendered(row.subject, row.text, row.html)


@pytest.mark.parametrize("kind", ["avatar", "verification"])
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_reviewer_sees_the_mail_exactly_as_it_will_go_out(
    desk: Desk, tools: Container, kind: str, verdict: str
) -> None:
    submission = desk.case_waiting(kind=kind)
    held = desk.claimed()
    request = desk.request(held, verdict, message="Thank you")

    foretold = tools.preview_mail(submission, request.verdict, reasons=request.reasons, message=request.message)
    assert desk.rows(mail) == []
    desk.decide(held, request)

    assert foretold == kept(desk)


def test_asking_for_a_better_file_can_be_looked_at_in_the_members_language(desk: Desk, tools: Container) -> None:
    body = verification_body()
    submission = desk.clear(desk.accept({**body, "member": {**body["member"], "locale": "zh"}}).id)

    foretold = tools.preview_mail(submission, "better_file", reasons=["unreadable"], message="第二页")

    assert "- 材料中有部分内容无法辨认。请上传更清晰的扫描件或照片。" in foretold.text
    assert "审核员留言：\n第二页\n" in foretold.text
    assert "不会消耗您的验证机会" in foretold.text


def test_the_last_failure_is_told_with_the_ways_that_are_left(desk: Desk, tools: Container) -> None:
    once = tools.policy.model_copy(update={"attempts": Attempts(per_method=1)})
    submission = desk.case_waiting(kind="verification", stage="trusted")

    foretold = variant(tools, policy=once).preview_mail(submission, "reject", reasons=["unreadable"])

    assert "This was the last chance by this method." in foretold.text
    assert "- Tax number\n- Business e-mail\n- Orders of the amount that the stage asks for\n" in foretold.text


def test_there_is_no_mail_for_a_submission_that_does_not_exist(tools: Container) -> None:
    with pytest.raises(NotFound):
        tools.preview_mail(new_id(), "approve")
