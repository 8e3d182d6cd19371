"""A sampled case comes to a second person as any other does, and nothing follows from what they say."""

from typing import Any
from uuid import UUID

import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.events.tables import event
from pipeline.kernel.errors import AlreadyThere, ClaimExpired, Stale, UndoTooLate
from pipeline.notification.tables import mail
from pipeline.review.cases.queue_stats import claims_of, queue
from pipeline.review.claims.escalation import escalate
from pipeline.review.claims.handover import colleagues, hand_over
from pipeline.review.claims.lease import reclaim, renew
from pipeline.review.claims.service import release
from pipeline.review.tables import answer, check
from pipeline.submission.tables import decision, submission
from schemas.claims import Claim, EscalateRequest, HandOverRequest
from schemas.submissions import DueView
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api
from tests.support.quality import blind, checking, is_blind, only_check
from tests.support.together import at_once


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return checking(desk)


def decided(desk: Desk, verdict: str = "approve", *, kind: str = "avatar", member_id: str = "m-1") -> UUID:
    """A case that r-1 decided, and another one that waits for somebody."""
    case = desk.case_waiting(member_id, kind=kind)
    held = desk.claimed("r-1")
    desk.decide(held, desk.request(held, verdict))
    desk.run_due()
    desk.case_waiting("m-other")
    return case


def as_seen(desk: Desk, held: Claim) -> dict[str, Any]:
    """The case as JSON, without what differs between any two claims: the claim itself, the time, and the tokens of links."""
    case = desk.case(held).model_dump(mode="json")
    began = held.lease_until
    due = desk.case(held).due
    rule = {
        name: value
        for name, value in case["due"]["rule"].items()
        if name not in {"from", "counted_from", "not_counted", "warning_at"}
    }
    left = [round((at - began).total_seconds(), 3) for at in (due.promise_at, due.target_at)]
    for file in case["materials"]:
        file["pages"] = [{**page, "url": page["url"].rpartition("/")[0]} for page in file["pages"]]
    link = (case["current_avatar_url"] or "").rpartition("/")[0]
    claim = dict.fromkeys(case["claim"])
    return {**case, "claim": claim, "due": [sorted(case["due"]), left, rule], "current_avatar_url": link}


def test_a_blind_case_is_in_every_field_what_the_first_reviewer_saw(desk: Desk) -> None:
    others = checking(desk, sample={})
    others.submit_avatar("m-1", body=photo(seed=1))
    others.inspect()
    others.approve()
    others.submit_avatar("m-2", body=photo(seed=2))
    others.inspect()
    others.reject(others.claimed("r-9"))
    others.run_due()
    checked = desk.submit_avatar("m-1", body=photo(seed=2))
    desk.inspect()
    held = desk.claimed("r-1")
    first = as_seen(desk, held)
    desk.approve(held)
    desk.run_due()
    others.submit_avatar("m-3", body=photo(seed=2))
    others.submit_avatar("m-1", body=photo(seed=3))
    others.inspect()
    for _ in range(2):
        others.reject(others.claimed("r-1"))
    desk.case_waiting("m-other")

    second = as_seen(desk, blind(desk))

    assert second["submission_id"] == str(checked)
    assert second["current_avatar_url"]
    assert [len(file["duplicates"]) for file in second["materials"]] == [1]
    assert second == first


@pytest.mark.parametrize(
    ("kind", "verdict", "second"),
    [
        ("avatar", "approve", "reject"),
        ("avatar", "reject", "approve"),
        ("verification", "approve", "reject"),
        ("verification", "reject", "reject"),
    ],
)
def test_nothing_follows_from_an_answer(desk: Desk, kind: str, verdict: str, second: str) -> None:
    case = decided(desk, verdict, kind=kind)
    before = traces(desk, case)

    held = blind(desk)
    answered = desk.decide(held, desk.request(held, second))
    desk.run_due()

    assert traces(desk, case) == before
    assert answered.state == {"approve": "approved", "reject": "rejected"}[second]
    assert [(row.reviewer_id, row.verdict) for row in desk.rows(answer)] == [("r-2", second)]


def traces(desk: Desk, case: UUID) -> list[Any]:
    """All that a member, upstream or another reviewer could notice."""
    tables = (submission, decision, mail, event)
    rows = [[tuple(row) for row in desk.rows(table)] for table in tables]
    tasks = sorted((row.kind, row.state) for row in desk.tasks())
    return [rows, tasks, len(desk.mails()), desk.submission(case), desk.membership(), queue(context=desk.tools.review)]


def test_the_first_reviewer_never_gets_it_nor_who_knows_what_became_of_it(desk: Desk) -> None:
    decided(desk)
    desk.case_waiting("m-1")
    desk.sql("UPDATE submission SET due_at = now() WHERE member_id = 'm-1' AND state = 'in_review'")
    quiet = checking(desk, mix=0.0)
    quiet.claimed("r-later")
    add_reviewer("r-cousin", related_members=["m-1"], db=desk.tools.db)

    assert not is_blind(desk, desk.claimed("r-cousin"))
    desk.case_waiting("m-another")
    assert not is_blind(desk, desk.claimed("r-later"))
    desk.case_waiting("m-third")
    assert not is_blind(desk, desk.claimed("r-1"))
    desk.case_waiting("m-fourth")
    assert is_blind(desk, desk.claimed("r-2"))


def test_an_empty_queue_gives_nothing_blind_since_that_would_give_it_away(desk: Desk) -> None:
    desk.case_waiting()
    desk.approve()

    assert len(desk.rows(check)) == 1
    assert desk.claim_next("r-2") is None


def test_a_case_is_given_out_again_only_after_the_policys_hours(desk: Desk) -> None:
    later = checking(desk, after_hours=24)
    decided(later)

    assert not is_blind(later, later.claimed("r-2"))


def test_what_is_not_drawn_is_not_looked_at_twice(desk: Desk) -> None:
    decided(checking(desk, sample={"avatar": 0.0}))

    assert desk.rows(check) == []


def test_a_decision_that_was_or_can_still_be_undone_is_not_looked_at_twice(desk: Desk) -> None:
    slow = checking(desk, undo_window_seconds=3600)
    slow.case_waiting()
    made = slow.approve()
    slow.case_waiting("m-other")
    before = slow.claimed("r-2")
    slow.undo(made.id)
    desk.sql("UPDATE decision SET effects_at = now()")
    slow.case_waiting("m-another")

    after = slow.claimed("r-3")

    assert [is_blind(slow, held) for held in (before, after)] == [False, False]


def test_many_reviewers_at_once_get_one_sampled_case_once(desk: Desk) -> None:
    decided(desk)
    for number in range(6):
        desk.case_waiting(f"m-{number + 10}")
    for number in range(4):
        add_reviewer(f"r-{number + 10}", db=desk.tools.db)

    taken, raised = at_once(4, lambda number: desk.claimed(f"r-{number + 10}"))

    assert raised == []
    assert sum(is_blind(desk, held) for held in taken) == 1


def test_an_answer_is_undone_like_a_decision_and_the_case_comes_back(desk: Desk) -> None:
    decided(desk)
    slow = checking(desk, undo_window_seconds=3600)
    held = blind(slow)
    before = slow.case(held)
    answered = slow.approve(held)

    back = slow.undo(answered.id, reviewer="r-2")

    again = slow.case(back)
    assert (again.version, again.due) == (before.version, before.due)
    with pytest.raises(AlreadyThere, match="This decision was undone already"):
        slow.undo(answered.id, reviewer="r-2")
    slow.reject(back)
    assert [(row.verdict, row.undone_at is None) for row in slow.rows(answer)] == [("approve", False), ("reject", True)]


def test_an_answer_cannot_be_undone_for_ever_and_says_so_as_a_decision_does(desk: Desk) -> None:
    decided(desk)
    answered = desk.approve(blind(desk))

    with pytest.raises(UndoTooLate, match="its effects are leaving or have left"):
        desk.undo(answered.id, reviewer="r-2")


def test_a_blind_claim_is_renewed_released_and_runs_out_in_the_words_of_any_other(desk: Desk) -> None:
    decided(desk)
    held = blind(desk)
    tools = desk.tools
    assert renew(held.id, held.token, reviewer_id="r-2", context=tools.review).fence == held.fence
    stale = desk.request(held).model_copy(update={"version": 99})
    with pytest.raises(Stale, match="you looked at version 99"):
        desk.decide(held, stale)
    desk.let_claim_expire(held)

    with pytest.raises(ClaimExpired, match="The claim's time ran out"):
        renew(held.id, held.token, reviewer_id="r-2", context=tools.review)
    again = blind(desk)
    with pytest.raises(ClaimExpired, match=r"ended \(expired\)\. The case is in review"):
        release(held.id, held.token, reviewer_id="r-2", context=tools.review)
    request = desk.request(again, "reject")
    desk.decide(again, request)
    with pytest.raises(ClaimExpired, match=r"ended \(decided\)\. r-2 decided it at .*: reject\. The case is rejected"):
        desk.decide(again, request)


def test_who_skipped_a_blind_case_is_not_offered_it_again(desk: Desk) -> None:
    decided(desk)
    held = blind(desk)

    release(held.id, held.token, reviewer_id="r-2", context=desk.tools.review, skip_reason="I know them")

    assert not is_blind(desk, desk.claimed("r-2"))
    desk.case_waiting("m-another")
    assert is_blind(desk, desk.claimed("r-3"))


def test_each_look_at_a_blind_case_is_in_the_history_and_upstream_sees_none_of_it(desk: Desk, api: Api) -> None:
    case = decided(desk)
    before = api.get(f"/v1/submissions/{case}").json()

    desk.approve(blind(desk))

    assert desk.history(case)[-3:] == ["claim.taken", "material.viewed", "check.answered"]
    assert only_check(desk)
    assert api.get(f"/v1/submissions/{case}").json() == before


def test_a_blind_case_is_escalated_like_any_other_and_goes_no_further(desk: Desk) -> None:
    case = decided(desk)
    before = traces(desk, case)
    held = blind(desk)
    command = EscalateRequest(token=held.token, note="not sure")

    escalate(held.id, command, reviewer_id="r-2", context=desk.tools.review)

    assert traces(desk, case) == before
    assert [(row.verdict, row.note) for row in desk.rows(answer)] == [("escalate", "not sure")]
    desk.case_waiting("m-another")
    assert not is_blind(desk, desk.claimed("r-3"))
    with pytest.raises(ClaimExpired, match="The case is in review"):
        escalate(held.id, command, reviewer_id="r-2", context=desk.tools.review)


def test_a_better_file_that_is_asked_for_blind_reaches_nobody(desk: Desk) -> None:
    desk.submit_avatar()
    desk.inspect()
    held = desk.claimed()
    desk.approve(held)
    desk.run_due()
    desk.case_waiting("m-other")
    (row,) = desk.rows(check)
    before = traces(desk, row.submission_id)
    held = blind(desk)
    reason = desk.case(held).better_file_reasons[0].code

    made = desk.decide(held, desk.request(held, "better_file", reasons=[reason]))

    assert made.state == "refused"
    assert traces(desk, row.submission_id) == before


def test_a_blind_case_is_handed_to_those_who_know_nothing_of_it(desk: Desk) -> None:
    decided(desk)
    held = blind(desk)
    add_reviewer("r-3", db=desk.tools.db)
    tools = desk.tools

    offered = [each.id for each in colleagues(held.id, reviewer_id="r-2", context=tools.review)]
    command = HandOverRequest(token=held.token, colleague="r-3", note="yours")
    hand_over(held.id, command, reviewer_id="r-2", context=tools.review)

    assert offered == ["r-3"]
    taken = desk.claimed("r-3")
    assert is_blind(desk, taken)
    assert desk.case(taken).due == due_of_check(desk)


def due_of_check(desk: Desk) -> DueView:
    (row,) = desk.rows(check)
    return DueView(promise_at=row.due_at, target_at=row.target_at, why=row.due_rule["sentence"], rule=row.due_rule)


def test_what_a_reviewer_holds_lists_a_blind_case_as_its_page_shows_it(desk: Desk) -> None:
    decided(desk)
    held = blind(desk)

    (listed,) = claims_of("r-2", context=desk.tools.review).claims

    case = desk.case(held)
    assert (listed.claim.id, listed.queue, listed.due_at) == (held.id, case.queue, case.due.promise_at)


def test_who_left_a_blind_case_comes_back_to_it(desk: Desk) -> None:
    decided(desk)
    held = blind(desk)
    before = desk.case(held)
    release(held.id, held.token, reviewer_id="r-2", context=desk.tools.review)

    again = reclaim(held.id, reviewer_id="r-2", context=desk.tools.review)

    assert is_blind(desk, again)
    assert desk.case(again).due == before.due
