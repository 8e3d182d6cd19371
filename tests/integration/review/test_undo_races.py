"""Undoing against all that may happen to a decision at the same moment, in both orders."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.intake.accept import withdraw
from pipeline.kernel.errors import AlreadyThere, AnotherAvatarOpen, NotAllowed, UndoTooLate
from pipeline.kernel.idempotency import once
from pipeline.review.claims.service import sweep_claims
from pipeline.review.tables import claim as claim_table
from pipeline.submission.lifecycle import State
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import FORGET_UPLOADS, PUBLISH_AVATAR, SEND_MAIL, UNLOCK_STAGE, Kind
from schemas.claims import Claim
from schemas.decisions import Decided
from schemas.submissions import Accepted
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.overlap import KEYS, begun, in_the_middle, outcome, overlapping
from tests.support.together import at_once, until
from tests.support.undoing import let_window_pass, patient, standing

EVERY_EFFECT = pytest.mark.parametrize(
    ("kind", "verdict", "effect"),
    [
        ("avatar", "approve", PUBLISH_AVATAR),
        ("verification", "approve", UNLOCK_STAGE),
        ("verification", "reject", SEND_MAIL),
    ],
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return patient(desk)


def decided(desk: Desk, verdict: str = "approve", *, kind: str = "avatar") -> Decided:
    desk.submit_avatar() if kind == "avatar" else desk.submit_verification()
    desk.inspect()
    desk.run_due(FORGET_UPLOADS)
    taken = desk.claimed()
    return desk.decide(taken, desk.request(taken, verdict))


def undoing(desk: Desk, made: Decided) -> Callable[[], Claim]:
    """With a key, so that it can be held at its beginning."""
    key = once(owner="r-1", key="k", operation="undo", sent=None)
    return lambda: desk.undo(made.id, once=key)


def taking(desk: Desk, effect: Kind) -> Callable[[], Task | None]:
    """What a worker does first."""
    task_id = str(desk.only_task(effect).id)
    return lambda: desk.tools.ledger.claim(effect, task_id)


def withdrawing(desk: Desk, made: Decided) -> Callable[[], State]:
    return lambda: withdraw(made.submission_id, caller="upstream", db=desk.tools.db)


@EVERY_EFFECT
def test_a_worker_that_comes_first_has_the_effect_and_the_undoing_is_too_late(
    desk: Desk, kind: str, verdict: str, effect: Kind
) -> None:
    """The undoing began in time, and the window passed before it came to the effect."""
    made = decided(desk, verdict, kind=kind)
    with begun(desk, undoing(desk, made), door=KEYS) as late:
        let_window_pass(desk)
        taken = taking(desk, effect)()

    assert taken is not None
    assert isinstance(outcome(late), UndoTooLate)
    assert standing(desk) == [made.id]
    assert desk.state(made.submission_id) == made.state
    assert [row.state for row in desk.rows(claim_table)] == ["decided"]


@EVERY_EFFECT
def test_an_undoing_that_comes_first_leaves_the_worker_nothing(
    desk: Desk, kind: str, verdict: str, effect: Kind
) -> None:
    """The effect is due and the worker waits for its row, which the undoing has changed and not committed."""
    made = decided(desk, verdict, kind=kind)
    with (
        ThreadPoolExecutor(1) as pool,
        in_the_middle(desk, undoing(desk, made), meanwhile=lambda: let_window_pass(desk)) as early,
    ):
        worker = pool.submit(taking(desk, effect))
        until(lambda: desk.waiting_for_locks() == 2)

    assert isinstance(outcome(early), Claim)
    assert outcome(worker) is None
    assert standing(desk) == []
    assert (desk.run_due(), desk.mails(), desk.avatar().submission_id) == (0, [], None)


def test_eight_undoings_at_once_are_one(desk: Desk) -> None:
    made = decided(desk)

    given, refused = at_once(8, lambda _: desk.undo(made.id))

    assert len(given) == 1
    assert {type(error) for error in refused} == {AlreadyThere}
    assert [row.state for row in desk.rows(claim_table)] == ["decided", "live"]
    assert desk.history(made.submission_id).count("submission.reopened") == 1


def test_eight_undoings_at_once_with_one_key_give_one_claim(desk: Desk) -> None:
    made = decided(desk)

    given, refused = at_once(8, lambda _: undoing(desk, made)())

    assert refused == []
    assert len(given) == 8
    assert len({each.id for each in given}) == 1
    assert [row.state for row in desk.rows(claim_table)] == ["decided", "live"]


def test_an_undoing_that_meets_another_one_is_told_that_it_is_done(desk: Desk) -> None:
    made = decided(desk)

    first, second = overlapping(desk, lambda: desk.undo(made.id), lambda: desk.undo(made.id))

    assert isinstance(first, Claim)
    assert isinstance(second, AlreadyThere)


def test_a_newer_avatar_that_comes_first_makes_the_decision_stand(desk: Desk) -> None:
    made = decided(desk)

    newer, refused = overlapping(desk, lambda: desk.accept(avatar_body()), lambda: desk.undo(made.id))

    assert isinstance(newer, Accepted)
    assert isinstance(refused, AnotherAvatarOpen)
    assert (desk.state(made.submission_id), desk.state(newer.id)) == ("approved", "received")
    let_window_pass(desk)
    desk.run_due(PUBLISH_AVATAR, SEND_MAIL)
    assert desk.avatar().submission_id == made.submission_id


def test_a_newer_avatar_that_comes_after_an_undoing_closes_the_older_one(desk: Desk) -> None:
    made = decided(desk)

    claim, newer = overlapping(desk, lambda: desk.undo(made.id), lambda: desk.accept(avatar_body()))

    assert isinstance(claim, Claim)
    assert newer.superseded == (made.submission_id,)
    assert (desk.state(made.submission_id), desk.state(newer.id)) == ("superseded", "received")
    assert sweep_claims(desk.tools.db) == 1
    let_window_pass(desk)
    desk.run_due(PUBLISH_AVATAR, SEND_MAIL)
    assert (desk.avatar().submission_id, desk.mails()) == (None, [])


def test_a_member_who_withdraws_after_an_undoing_has_the_case_closed_and_the_chance_back(desk: Desk) -> None:
    made = decided(desk, "reject", kind="verification")

    claim, state = overlapping(desk, lambda: desk.undo(made.id), withdrawing(desk, made))

    assert isinstance(claim, Claim)
    assert state is State.WITHDRAWN
    with pytest.raises(NotAllowed, match="withdrawn"):
        desk.reject(claim)
    assert desk.membership().stages[1].chances_left["materials"] == 5


def test_a_member_who_withdraws_before_an_undoing_is_refused_and_the_undoing_goes_on(desk: Desk) -> None:
    made = decided(desk, "reject", kind="verification")

    with (
        begun(desk, undoing(desk, made), door=KEYS) as later,
        pytest.raises(NotAllowed, match="rejected cannot be withdrawn"),
    ):
        withdrawing(desk, made)()

    assert isinstance(outcome(later), Claim)
    assert desk.state(made.submission_id) == "in_review"


def test_a_colleague_who_claims_at_the_same_moment_does_not_get_the_case(desk: Desk) -> None:
    made = decided(desk)

    claim, theirs = overlapping(desk, lambda: desk.undo(made.id), lambda: desk.claim_next("r-2"))

    assert claim.reviewer == "r-1"
    assert theirs is None
    assert desk.claim_next("r-2") is None
