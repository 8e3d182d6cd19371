import pytest

from config.container import Container
from pipeline.notification.render import Rendered
from pipeline.notification.tables import mail
from pipeline.policy import Attempts
from pipeline.review.decisions.mail import preview_result_mail
from schemas.claims import Claim
from schemas.decisions import DecisionRequest, MailPreview
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.mails import frozen
from tests.support.servers import variant


def kept(desk: Desk) -> Rendered:
    row = frozen(desk)
    return Rendered(row.subject, row.text, row.html)


def foretold(held: Claim, request: DecisionRequest, tools: Container) -> MailPreview:
    return preview_result_mail(held.id, request, reviewer_id=held.reviewer, context=tools.review)


@pytest.mark.parametrize("kind", ["avatar", "verification"])
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_reviewer_sees_the_mail_exactly_as_it_will_go_out(
    desk: Desk, tools: Container, kind: str, verdict: str
) -> None:
    desk.case_waiting(kind=kind)
    held = desk.claimed()
    request = desk.request(held, verdict, message="Thank you")

    seen = foretold(held, request, tools)
    assert desk.rows(mail) == []
    desk.decide(held, request)

    assert Rendered(seen.subject, seen.text, seen.html) == kept(desk)


@pytest.mark.parametrize("kind", ["avatar", "verification"])
@pytest.mark.parametrize("verdict", ["reject", "better_file"])
def test_a_reason_reads_as_its_verdict_says_it_in_preview_mail_and_api(
    desk: Desk, tools: Container, kind: str, verdict: str
) -> None:
    reasons = tools.policy.reasons_for(kind=kind, verdict=verdict)
    sentences = [reason.text for reason in reasons.values()]
    body = avatar_body() if kind == "avatar" else verification_body()
    submission = desk.clear(desk.accept({**body, "member": member(gender="female")}).id)
    held = desk.claimed()
    request = desk.request(held, verdict, reasons=tuple(reasons))

    seen = foretold(held, request, tools)
    desk.decide(held, request)

    assert listed(seen.text) == sentences
    assert listed(kept(desk).text) == sentences
    decision = desk.submission(submission).decision
    assert decision is not None
    assert [(each.code, each.text) for each in decision.reasons] == list(zip(reasons, sentences, strict=True))


def listed(text: str) -> list[str]:
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]


def test_asking_for_a_better_file_can_be_looked_at_in_the_members_language(desk: Desk, tools: Container) -> None:
    body = verification_body()
    desk.clear(desk.accept({**body, "member": {**body["member"], "locale": "zh"}}).id)
    held = desk.claimed()

    seen = foretold(held, desk.request(held, "better_file", reasons=("unreadable",), message="第二页"), tools)

    assert "- 文件过于模糊、昏暗或太小，无法辨认。" in seen.text
    assert "审核员留言：\n第二页\n" in seen.text
    assert "不会消耗您的验证机会" in seen.text


def test_the_last_failure_is_told_with_the_ways_that_are_left(desk: Desk, tools: Container) -> None:
    once = tools.policy.model_copy(update={"attempts": Attempts(per_method=1)})
    desk.case_waiting(kind="verification", stage="trusted")
    held = desk.claimed()

    seen = foretold(held, desk.request(held, "reject", reasons=("unreadable",)), variant(tools, policy=once))

    assert "This was the last chance by this method." in seen.text
    assert "- Tax number\n- Business e-mail\n- Orders of the amount that the stage asks for\n" in seen.text
