"""Asking for a better file: judged by nobody, so it spends no chance."""

import pytest

from pipeline.events.tables import event
from pipeline.kernel.errors import AnotherAvatarOpen, ChanceTakenAgain, Forbidden, Invalid
from pipeline.notification.tables import mail
from schemas.claims import Claim
from schemas.decisions import Decided, DecisionRequest
from tests.support.bodies import avatar_body, verification_body
from tests.support.colleagues import careful
from tests.support.desk import Desk
from tests.support.undoing import let_window_pass


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return careful(desk)


def asking(desk: Desk, held: Claim, **said: object) -> DecisionRequest:
    known = {"token": held.token, "fence": held.fence, "version": desk.case(held).version, "verdict": "better_file"}
    return DecisionRequest.model_validate({**known, **(said or {"reasons": ["cut_off"]})})


def asked(desk: Desk, **said: object) -> Decided:
    held = desk.claimed()
    return desk.decide(held, asking(desk, held, **said))


def test_the_member_is_told_what_is_wrong_and_keeps_the_chance(desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")

    decided = asked(desk, reasons=["cut_off", "pages_missing"], message="The left edge is missing.")

    let_window_pass(desk)
    desk.run_due()
    (sent,) = desk.mails()
    words = sent.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "A part of the document is cut off" in words
    assert "The left edge is missing." in words
    assert (decided.state, desk.state(submission)) == ("refused", "refused")
    assert desk.membership().stages[1].chances_left["materials"] == 5
    assert desk.accept(verification_body()).chance == 1


def test_other_services_are_told_once_it_can_no_longer_be_undone(desk: Desk) -> None:
    desk.case_waiting(kind="verification")

    asked(desk)

    last = desk.rows(event)[-1]
    assert (last.type, last.data["reasons"]) == ("submission.refused", ["cut_off"])
    assert desk.sql("SELECT at > now() + interval '50 minutes' FROM event ORDER BY sequence DESC LIMIT 1") == [(True,)]


def test_it_is_undone_like_any_decision(desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")
    decided = asked(desk)

    held = desk.undo(decided.id)

    assert (held.submission_id, desk.state(submission)) == (submission, "in_review")
    assert [row.state for row in desk.rows(mail)] == ["withdrawn"]
    assert desk.accept(verification_body()).chance == 2


def test_it_stands_once_the_member_has_used_the_chance_again(desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")
    decided = asked(desk)
    desk.accept(verification_body())

    with pytest.raises(ChanceTakenAgain):
        desk.undo(decided.id)

    assert desk.state(submission) == "refused"


def test_for_an_avatar_it_stands_once_another_one_is_open(desk: Desk) -> None:
    desk.case_waiting()
    decided = asked(desk)
    desk.accept(avatar_body())

    with pytest.raises(AnotherAvatarOpen):
        desk.undo(decided.id)


@pytest.mark.parametrize(
    ("said", "code"), [({"note": "hm"}, "missing_reason"), ({"reasons": ["not_genuine"]}, "unknown_reason")]
)
def test_it_says_what_is_wrong_with_the_file(desk: Desk, said: dict[str, object], code: str) -> None:
    desk.case_waiting(kind="verification")

    with pytest.raises(Invalid) as refused:
        asked(desk, **said)

    assert [each.code for each in refused.value.problems] == [code]


def test_a_case_without_files_does_not_offer_it(desk: Desk) -> None:
    desk.case_waiting(kind="verification")
    desk.sql("UPDATE material SET upload_key = NULL")
    held = desk.claimed()

    with pytest.raises(Forbidden):
        desk.decide(held, asking(desk, held))

    assert "better_file" not in desk.case(held).allowed_actions
