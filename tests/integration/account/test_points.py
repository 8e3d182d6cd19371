from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from config.container import Container
from pipeline.account.rules.points import InsufficientPoints, NotProven
from pipeline.account.tables import points_account, points_entry
from pipeline.events.inbound import EventReused
from pipeline.kernel.errors import DatabaseFault, Forbidden, IdempotencyKeyReused, NotFound
from pipeline.notification.tables import mail
from pipeline.submission.audit import audit
from tests.support.desk import Desk
from tests.support.points import Points, with_database
from tests.support.servers import variant, with_review
from tests.support.together import at_once

RIGHT = 50
"""What one RFQ quotation right costs."""


@pytest.fixture
def points(desk: Desk) -> Points:
    return Points(desk)


def test_a_member_who_never_had_points_has_none(points: Points) -> None:
    balance = points.balance()

    assert (balance.balance, balance.overdrawn, balance.entries) == (0, False, 0)
    assert points.entries() == []


def test_an_event_earns_points_and_its_entry_says_why(points: Points, desk: Desk) -> None:
    entry = points.earn("q-17")

    assert (entry.number, entry.type, entry.points, entry.balance_after) == (1, "earning", 10, 10)
    assert (entry.cause.code, entry.cause.source, entry.cause.source_id) == ("rfq_quoted", "rfq", "q-17")
    assert entry.cause.title == "Quoted on a request for quotation"
    assert points.balance().balance == 10
    (row,) = desk.rows(audit)
    assert (row.event, row.correlation_id, row.detail["entry"]) == ("points.earned", "trace-1", 1)


def test_an_event_that_is_told_again_earns_nothing_more(points: Points) -> None:
    first = points.earn("q-17")

    again = points.earn("q-17")

    assert again == first
    assert points.balance().balance == 10


def test_an_event_that_is_told_by_ten_at_once_is_counted_once(points: Points) -> None:
    given, raised = at_once(10, lambda _: points.earn("q-17"))

    assert raised == []
    assert {entry.id for entry in given} == {points.entries()[0].id}
    assert points.balance().balance == 10


def test_one_event_is_not_counted_for_two_members(points: Points) -> None:
    points.earn("q-17")

    with pytest.raises(EventReused):
        points.earn("q-17", member_id="m-2")

    assert points.balance("m-2").balance == 0


def test_one_event_is_not_counted_as_two_things(points: Points) -> None:
    points.earn("q-17")

    with pytest.raises(EventReused):
        points.earn("q-17", event="credit_insurance_paid")


def test_one_event_told_for_many_members_at_once_is_counted_for_one(points: Points, desk: Desk) -> None:
    given, raised = at_once(10, lambda number: points.earn("q-17", member_id=f"m-{number}"))

    assert len(given) == 1
    assert {type(error) for error in raised} == {EventReused}
    assert len(desk.rows(points_entry)) == 1
    assert sum(row.balance for row in desk.rows(points_account)) == 10


def test_points_are_redeemed_down_to_nothing_and_no_further(points: Points) -> None:
    points.give(2 * RIGHT)

    last = points.redeem(quantity=2)

    assert (last.points, last.balance_after, last.cause.quantity) == (-2 * RIGHT, 0, 2)
    with pytest.raises(InsufficientPoints):
        points.redeem()
    assert points.balance().balance == 0


def test_a_redemption_that_is_refused_leaves_no_trace(points: Points, desk: Desk) -> None:
    with pytest.raises(InsufficientPoints):
        points.redeem()

    assert desk.rows(points_entry) == []
    assert desk.rows(points_account) == []


@pytest.fixture
def patient(tools: Container) -> Iterator[Points]:
    """As a crowd uses it that waits for its turn as long as it must."""
    made = create_engine(tools.settings.sqlalchemy_url, pool_size=20, max_overflow=0, pool_timeout=120)
    yield Points(Desk(with_database(tools, made)))
    made.dispose()


def test_a_hundred_redemptions_at_once_take_no_more_than_there_is(points: Points, patient: Points) -> None:
    points.give(30 * RIGHT + RIGHT - 1)

    given, raised = at_once(100, lambda _: patient.redeem())

    assert (len(given), len(raised)) == (30, 70)
    assert {type(error) for error in raised} == {InsufficientPoints}
    assert points.balance().balance == RIGHT - 1
    assert sorted(entry.balance_after for entry in given) == [RIGHT - 1 + RIGHT * left for left in range(30)]


def test_entries_of_one_member_that_are_written_at_once_are_numbered_without_gaps(points: Points) -> None:
    points.give(10 * RIGHT)

    _, raised = at_once(20, lambda number: points.redeem() if number % 2 else points.earn(f"q-{number}"))

    entries = points.entries()
    assert raised == []
    assert [entry.number for entry in entries] == list(range(1, 22))
    assert entries[-1].balance_after == sum(entry.points for entry in entries) == points.balance().balance
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


def test_the_same_key_redeems_once_even_when_it_comes_ten_times_at_once(points: Points) -> None:
    points.give(5 * RIGHT)

    given, raised = at_once(10, lambda _: points.redeem(key="once"))

    assert raised == []
    assert len({entry.id for entry in given}) == 1
    assert points.balance().balance == 4 * RIGHT


def test_the_same_key_for_another_redemption_is_refused(points: Points) -> None:
    points.give(5 * RIGHT)
    points.redeem(key="once")

    with pytest.raises(IdempotencyKeyReused):
        points.redeem(quantity=2, key="once")

    assert points.balance().balance == 4 * RIGHT


def test_a_key_whose_redemption_was_refused_can_be_used_again(points: Points) -> None:
    with pytest.raises(InsufficientPoints):
        points.redeem(key="once")
    points.give(RIGHT)

    assert points.redeem(key="once").balance_after == 0


def test_a_correction_may_leave_less_than_nothing_and_says_so(points: Points) -> None:
    points.earn()

    entry = points.correct(-25, corrects=1)

    assert (entry.balance_after, entry.overdrawn) == (-15, True)
    assert (entry.cause.reason, entry.cause.corrects) == ("A mistake", 1)
    assert points.balance().overdrawn


def test_what_is_earned_then_fills_the_gap_first(points: Points) -> None:
    points.correct(-25)

    entry = points.earn()

    assert (entry.balance_after, entry.overdrawn) == (-15, True)
    with pytest.raises(InsufficientPoints):
        points.redeem()


def test_an_entry_that_is_not_there_is_not_corrected(points: Points) -> None:
    points.earn()

    with pytest.raises(NotFound):
        points.correct(-10, corrects=2)

    assert points.balance().balance == 10


def test_a_reviewer_who_proved_a_forgery_takes_points_once(points: Points) -> None:
    points.earn()
    submission = points.forged()

    first, again = points.penalise(submission), points.penalise(submission)

    assert first == again
    assert (first.points, first.balance_after, first.overdrawn) == (-500, -490, True)
    assert (first.cause.source, first.cause.source_id) == ("penalty", str(submission))
    assert first.cause.reason == "Pasted figures"


def test_a_member_is_written_to_about_points_that_others_took_or_gave(points: Points, desk: Desk) -> None:
    points.earn()
    points.penalise(points.forged())
    points.correct(120)

    letters = [row for row in desk.rows(mail) if row.template == "points"]
    assert [row.subject for row in letters] == [
        "Points taken from your account: 500",
        "Points added to your account: 120",
    ]
    assert "-370" in letters[1].text


def test_what_a_member_earned_or_redeemed_is_listed_and_no_letter(points: Points, desk: Desk) -> None:
    desk.case_waiting()
    points.give(50)
    points.earn()
    points.redeem()

    assert [row.subject for row in desk.rows(mail)] == ["Points added to your account: 50"]


def test_two_forgeries_are_two_penalties(points: Points) -> None:
    points.penalise(points.forged())

    points.penalise(points.forged())

    assert points.balance().balance == -1000


def test_a_penalty_falls_on_the_member_whose_submission_it_was(points: Points) -> None:
    points.penalise(points.forged(member_id="m-2"))

    assert (points.balance("m-2").balance, points.balance().balance) == (-500, 0)


def test_another_reviewer_imposes_no_penalty(points: Points) -> None:
    submission = points.forged()

    with pytest.raises(Forbidden):
        points.penalise(submission, reviewer="r-2")


def test_a_rejection_for_another_reason_is_no_proof(points: Points) -> None:
    submission = points.forged(reasons=("unreadable",))

    with pytest.raises(NotProven):
        points.penalise(submission)


def test_an_approval_is_no_proof(points: Points, desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")
    desk.approve()

    with pytest.raises(NotProven):
        points.penalise(submission)


def test_a_submission_that_nobody_decided_is_no_proof(points: Points, desk: Desk) -> None:
    submission = desk.case_waiting(kind="verification")

    with pytest.raises(NotFound):
        points.penalise(submission)


def test_a_decision_that_can_still_be_undone_is_no_proof_yet(desk: Desk) -> None:
    points = Points(Desk(with_review(desk.tools, undo_window_seconds=600)))
    submission = points.forged()

    with pytest.raises(NotProven, match="can still be undone"):
        points.penalise(submission)

    assert points.balance().balance == 0


def test_the_database_itself_refuses_a_redemption_below_zero(points: Points, desk: Desk) -> None:
    points.earn()

    with pytest.raises(DatabaseFault, match="redeemed_from_what_there_is"):
        desk.sql("UPDATE points_entry SET type = 'redemption', points = -20, balance_after = -10")


def test_an_entry_keeps_the_words_and_the_policy_of_its_day(points: Points, desk: Desk) -> None:
    points.earn("q-1")
    earn = {**desk.tools.policy.points.earn}
    earn["rfq_quoted"] = earn["rfq_quoted"].model_copy(update={"title": "Other words", "points": 99})
    rules = desk.tools.policy.points.model_copy(update={"earn": earn})
    other = Points(Desk(variant(desk.tools, policy=desk.tools.policy.model_copy(update={"points": rules}))))

    other.earn("q-2")

    assert [entry.points for entry in points.entries()] == [10, 99]
    assert points.entries()[0].cause.title == "Quoted on a request for quotation"
