"""Several verifications are open for one stage, and one thing unlocks it: the others are closed, and one mail says so."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import pytest

from pipeline.kernel.errors import Conflict, StageAlreadyUnlocked
from pipeline.membership.corrections import correct
from pipeline.notification.tables import mail
from pipeline.review.claims.service import sweep_claims
from pipeline.submission.tables import submission
from pipeline.tasks.rules import SEND_MAIL, UNLOCK_STAGE
from pipeline.workflows.inbound_events import receive
from schemas.corrections import StageCorrectionRequest
from schemas.incoming import EventRequest
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.mails import words
from tests.support.methods import another, answer, judged, last_code, number_body, sent
from tests.support.overlap import overlapping
from tests.support.undoing import let_window_pass, patient
from workers.actors import WORK

UNLOCKED: Final = "submission.superseded_by_unlock"


def by_review(desk: Desk) -> None:
    desk.case_waiting(kind="verification")
    desk.approve()
    desk.run_due(UNLOCK_STAGE)


def by_code(desk: Desk) -> None:
    sibling = sent(desk)
    answer(desk, sibling, last_code(desk))
    desk.run_due(UNLOCK_STAGE)


def by_correction(desk: Desk) -> None:
    request = StageCorrectionRequest(stage="verified", unlocked=True, because="mistake", reason="A call.")
    correct("m-1", request, context=desk.tools.context(actor="ops", trace="t"))


def by_orders(desk: Desk) -> None:
    event = {"type": "order.completed", "source": "shop", "id": "e-1", "member_id": "m-1"}
    order = {"id": "o-1", "amount": "1000000", "currency": "USD"}
    request = EventRequest.model_validate({**event, "occurred_at": "2026-03-02T10:00:00Z", "order": order})
    receive(request, context=desk.tools.context(actor="shop", trace="t"))


WAYS: Final[Mapping[str, tuple[str, Callable[[Desk], None]]]] = {
    "a person": ("verified", by_review),
    "a code": ("verified", by_code),
    "a correction": ("verified", by_correction),
    "orders": ("trusted", by_orders),
}
"""What unlocks which stage."""


def open_of_every_kind(desk: Desk, stage: str) -> list[UUID]:
    """Received, in review by two methods, and waiting for a code."""
    received = desk.accept(verification_body(stage=stage)).id
    in_review = desk.case_waiting(kind="verification", stage=stage)
    number = judged(desk, stage=stage).id
    waiting = sent(desk, "ada@reddoor.example.com", stage=stage).id
    return [received, in_review, number, waiting]


def taken(desk: Desk, stage: str = "verified") -> dict[str, tuple[int, int, int]]:
    """Chances spent, pending and left, by method."""
    (rung,) = [each for each in desk.membership().stages if each.stage == stage]
    return {each.method: (each.chances_spent, each.chances_pending, each.chances_left) for each in rung.methods}


def told(desk: Desk) -> list[str]:
    """What mails of results say first."""
    return [str(each["Subject"]) for each in desk.mails() if "code" not in str(each["Subject"]).lower()]


@pytest.mark.parametrize(("stage", "unlocks"), WAYS.values(), ids=WAYS)
def test_whatever_unlocks_a_stage_closes_all_that_is_open_for_it_without_a_mail(
    stage: str, unlocks: Callable[[Desk], None], desk: Desk
) -> None:
    siblings = open_of_every_kind(desk, stage)
    other = desk.case_waiting("m-2", kind="verification", stage=stage)

    _unlock_while_others_wait(desk, unlocks, [*siblings, other])
    desk.run_due()

    assert [desk.state(each) for each in siblings] == ["superseded"] * 4
    assert {desk.history(each)[-1] for each in siblings} == {UNLOCKED}
    assert desk.state(other) == "in_review"
    assert sum(pending for _, pending, _ in taken(desk, stage).values()) == 0
    assert {row.submission_id for row in desk.rows(mail)}.isdisjoint(siblings)


def _unlock_while_others_wait(desk: Desk, unlocks: Callable[[Desk], None], siblings: list[UUID]) -> None:
    """The reviewers' next case is the one that `unlocks` sends, not a sibling."""
    ids = ", ".join(f"'{each}'" for each in siblings)
    desk.sql(f"UPDATE submission SET due_at = due_at + interval '9 days' WHERE id IN ({ids})")  # noqa: S608
    unlocks(desk)


def test_the_one_that_unlocked_is_named_and_services_are_told_why(desk: Desk, api: Api) -> None:
    sibling = desk.accept(number_body()).id
    by_review(desk)

    (approved,) = [row.id for row in desk.rows(submission) if row.state == "approved"]
    shown = api.get(f"/v1/submissions/{sibling}").json()
    assert (shown["state"], shown["superseded_by"]) == ("superseded", str(approved))
    assert shown["history"][-1]["event"] == UNLOCKED
    (reasons,) = desk.sql("SELECT data -> 'reasons' FROM event WHERE type = 'submission.superseded'")[0]
    assert reasons == ["superseded_by_unlock"]


def test_a_reviewer_who_holds_a_sibling_is_told_and_decides_nothing(desk: Desk) -> None:
    desk.case_waiting(kind="verification")
    held = desk.claimed("r-2")
    request = desk.request(held, "reject")
    by_review(desk)

    with pytest.raises(Conflict):
        desk.decide(held, request)

    desk.run_due()
    assert sweep_claims(desk.tools.db) == 1
    assert len(told(desk)) == 1


# Two approvals


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_that_are_approved_at_once_one_unlocks_and_one_mail_leaves(order: tuple[int, int], desk: Desk) -> None:
    held = [_case(desk, reviewer) for reviewer in ("r-1", "r-2")]
    requests = [desk.request(each, "approve") for each in held]
    decided = overlapping(desk, *(lambda at=at: desk.decide(held[at], requests[at]) for at in order))

    tasks = [row.id for row in desk.tasks(UNLOCK_STAGE)]
    first, second = (tasks[at] for at in order)
    overlapping(desk, lambda: desk.perform(first, UNLOCK_STAGE), lambda: desk.perform(second, UNLOCK_STAGE))
    desk.run_due()

    assert [each.state for each in decided] == ["approved", "approved"]
    assert [row.state for row in desk.tasks(UNLOCK_STAGE)] == ["done", "done"]
    assert len(told(desk)) == 1
    assert sorted(row.state for row in desk.rows(mail)) == ["sent", "withdrawn"]
    assert (desk.membership().level, desk.parked()) == ("verified", [])


@pytest.mark.parametrize(
    ("then", "state", "chances"), [("stands", "approved", (1, 0, 4)), ("undone", "superseded", (0, 0, 5))]
)
def test_one_approved_inside_its_undo_window_while_the_other_unlocks(
    desk: Desk, then: str, state: str, chances: tuple[int, int, int]
) -> None:
    slow = patient(desk)
    held = _case(slow, "r-1")
    decision = slow.approve(held)
    by_correction(desk)

    if then == "undone":
        slow.undo(decision.id)
    let_window_pass(desk)
    desk.run_due()

    assert (desk.state(held.submission_id), taken(desk)["materials"]) == (state, chances)
    assert [str(row.template) for row in desk.rows(mail) if row.state == "sent"] == ["level_unlocked"]
    assert desk.parked() == []


@pytest.mark.parametrize("first", ["undo", "unlock"])
def test_undoing_and_unlocking_at_once_end_alike_in_both_orders(desk: Desk, first: str) -> None:
    slow = patient(desk)
    held = _case(slow, "r-1")
    decision = slow.approve(held)
    does: dict[str, Callable[[], Any]] = {"undo": lambda: slow.undo(decision.id), "unlock": lambda: by_correction(desk)}
    ways = [does.pop(first), *does.values()]

    results = overlapping(desk, *ways)

    assert not any(isinstance(each, Exception) for each in results)
    assert desk.state(held.submission_id) == "superseded"
    assert taken(desk)["materials"] == (0, 0, 5)


# What comes in, or is decided, at the same moment


def test_one_that_is_accepted_while_the_stage_is_unlocked_is_refused(desk: Desk) -> None:
    unlocked, refused = overlapping(desk, lambda: by_correction(desk), lambda: desk.accept(number_body()))

    assert unlocked is None
    assert isinstance(refused, StageAlreadyUnlocked)


def test_one_that_is_accepted_first_is_closed(desk: Desk) -> None:
    accepted, _ = overlapping(desk, lambda: desk.accept(number_body()), lambda: by_correction(desk))

    assert desk.state(accepted.id) == "superseded"


@pytest.mark.parametrize("verdict", ["reject", "better_file"])
def test_a_verdict_that_is_being_written_is_waited_for_and_its_mail_withdrawn(desk: Desk, verdict: str) -> None:
    slow = patient(desk)
    slow.submit_verification()
    slow.inspect()
    held = slow.claimed()
    request = slow.request(held, verdict)

    overlapping(desk, lambda: slow.decide(held, request), lambda: by_correction(desk))
    let_window_pass(desk)
    desk.run_due()

    assert desk.state(held.submission_id) == ("rejected" if verdict == "reject" else "refused")
    assert [str(row.template) for row in desk.rows(mail) if row.state == "sent"] == ["level_unlocked"]
    assert desk.parked() == []


# A member who has the stage is never told that it is closed


def test_the_mail_of_the_last_chance_that_waits_is_withdrawn_though_it_is_due(desk: Desk) -> None:
    for _ in range(5):
        judged(desk, "DE", "136695978")
    by_correction(desk)
    desk.run_due()

    assert [str(row.template) for row in desk.rows(mail) if row.state == "sent"] == ["level_unlocked"]
    assert {row.state for row in desk.tasks(SEND_MAIL)} == {"done"}
    assert desk.parked() == []


def test_a_mail_that_a_worker_has_taken_up_meanwhile_ends_its_task_quietly(desk: Desk) -> None:
    judged(desk, "DE", "136695978")
    (task,) = desk.tasks(SEND_MAIL)
    with desk.tools.ledger.work(SEND_MAIL, str(task.id)) as held:
        by_correction(desk)
        assert held is not None
        WORK[SEND_MAIL](held, desk.tools)

    assert {row.state for row in desk.tasks(SEND_MAIL) if row.id == task.id} == {"done"}
    assert [row.state for row in desk.rows(mail) if row.template != "level_unlocked"] == ["withdrawn"]


# Spent and pending are counted apart


def test_the_last_chance_is_named_only_where_nothing_is_pending(desk: Desk) -> None:
    waiting = [desk.case_waiting(kind="verification") for _ in range(4)]
    desk.case_waiting(kind="verification")
    desk.reject()
    desk.run_due()

    (one,) = desk.mails()
    assert "last chance" not in words(one)
    assert "4 more are held by what you have sent" in words(one)
    assert taken(desk)["materials"] == (1, 4, 0)
    assert len(waiting) == 4


def test_every_door_counts_spent_and_pending_apart(desk: Desk, api: Api) -> None:
    judged(desk, "DE", "136695978")
    answered = api.submit(number_body()).json()
    for _ in range(3):
        api.submit(number_body())
    refused = api.submit(number_body()).json()
    counts = ("chances_spent", "chances_pending", "chances_left")

    assert [answered[each] for each in counts] == [1, 1, 3]
    assert [refused[each] for each in ("code", "spent", "pending", "used", "limit")] == [
        "attempts_exhausted",
        1,
        4,
        5,
        5,
    ]
    method = api.get("/v1/members/m-1/membership").json()["stages"][1]["methods"][1]
    assert [method[each] for each in counts] == [1, 4, 0]


def test_a_code_and_a_case_say_what_is_spent_and_pending(desk: Desk) -> None:
    waiting = sent(desk)
    code = answer(desk, waiting, another(last_code(desk)))
    desk.case_waiting(kind="verification")
    case = desk.case(desk.claimed())

    assert (code.chances_spent, code.chances_pending, code.chances_left) == (0, 1, 4)
    assert case.chances is not None
    assert (case.chances.spent, case.chances.pending, case.chances.left) == (0, 1, 4)


def _case(desk: Desk, reviewer: str) -> Any:
    desk.case_waiting(kind="verification")
    return desk.claimed(reviewer)
