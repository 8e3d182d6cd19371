from threading import Lock
from uuid import UUID

import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.errors import NotFound
from pipeline.review.claims.service import claim_next, release
from schemas.claims import Claim
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.together import at_once


def let_go(desk: Desk, held: Claim, *, skip: str | None = None) -> None:
    release(held.id, held.token, reviewer_id=held.reviewer, context=desk.tools.review, skip_reason=skip)


def due_in(desk: Desk, submission: UUID, hours: int) -> UUID:
    desk.sql(
        "UPDATE submission SET due_at = now() + :hours * interval '1 hour' WHERE id = :id", hours=hours, id=submission
    )
    return submission


def test_cases_are_given_out_in_the_order_in_which_they_are_due(desk: Desk) -> None:
    late = due_in(desk, desk.case_waiting("m-1"), 9)
    overdue = due_in(desk, desk.case_waiting("m-2"), -1)
    soon = due_in(desk, desk.case_waiting("m-3"), 2)

    given = [desk.claimed(), desk.claimed(), desk.claimed()]

    assert [held.submission_id for held in given] == [overdue, soon, late]


def test_nothing_waits_for_a_reviewer_while_all_is_claimed(desk: Desk) -> None:
    desk.case_waiting()
    desk.claimed("r-1")

    assert desk.claim_next("r-2") is None


def test_only_what_is_in_review_is_given_out(desk: Desk) -> None:
    desk.submit_avatar()

    assert desk.claim_next() is None


def test_a_reviewer_may_ask_for_one_kind_only(desk: Desk) -> None:
    desk.case_waiting("m-1")
    wanted = desk.case_waiting("m-2", kind="verification")

    taken = desk.claim_next(kinds=["verification"])

    assert taken is not None
    assert taken.submission_id == wanted
    assert desk.claim_next(kinds=["verification"]) is None


def test_sixteen_reviewers_draining_sixty_cases_never_share_one(desk: Desk) -> None:
    waiting = [desk.case_waiting(f"m-{number}") for number in range(60)]
    taken: list[UUID] = []
    lock = Lock()

    def drain(number: int) -> int:
        count = 0
        while (held := desk.claim_next(f"r-{number}")) is not None:
            desk.reject(held)
            count += 1
            with lock:
                taken.append(held.submission_id)
        return count

    _, raised = at_once(16, drain)
    drain(99)  # a case that a thread had locked for a moment when the others looked

    assert raised == []
    assert sorted(taken) == sorted(waiting)
    assert desk.sql("SELECT count(*) FROM decision") == [(60,)]


def test_a_reviewer_is_never_given_their_own_or_a_related_members_case(desk: Desk) -> None:
    desk.case_waiting("r-1")
    desk.case_waiting("m-sister")
    stranger = desk.case_waiting("m-stranger")
    add_reviewer("r-1", related_members=["m-sister"], db=desk.tools.db)

    assert desk.claimed("r-1").submission_id == stranger

    assert desk.claim_next("r-1") is None
    assert desk.claim_next("r-2") is not None


def test_what_was_skipped_is_not_offered_to_the_same_reviewer_again(desk: Desk) -> None:
    submission = desk.case_waiting()
    let_go(desk, desk.claimed("r-1"), skip="I know this member")

    assert desk.claim_next("r-1") is None

    assert desk.claimed("r-2").submission_id == submission
    (skipped,) = desk.sql("SELECT reviewer_id, reason FROM skip")
    assert tuple(skipped) == ("r-1", "I know this member")


def test_what_was_given_back_without_a_reason_may_come_again(desk: Desk) -> None:
    submission = desk.case_waiting()

    let_go(desk, desk.claimed("r-1"))

    assert desk.claimed("r-1").submission_id == submission


def test_a_reviewer_who_does_not_exist_is_given_nothing(desk: Desk) -> None:
    with pytest.raises(NotFound, match="proofdesk reviewer add"):
        claim_next(reviewer_id="nobody", context=desk.tools.review)


def test_an_empty_queue_answers_with_no_content(api: Api) -> None:
    response = api.post("/v1/review/claims", {})

    assert (response.status_code, response.content) == (204, b"")


def test_the_queue_at_a_glance(desk: Desk, api: Api) -> None:
    due_in(desk, desk.case_waiting("m-1"), -1)
    desk.case_waiting("m-2")
    desk.case_waiting("m-3", kind="verification")
    desk.claimed("r-2")

    queues = api.get("/v1/review/queue")
    assert queues.status_code == 403
    shown = api.call("GET", "/v1/review/queue", key=api.review_key).json()["queues"]

    assert [(each["queue"], each["waiting"], each["claimed"], each["overdue"]) for each in shown] == [
        ("avatar", 1, 1, 1),
        ("verification", 1, 0, 0),
    ]
