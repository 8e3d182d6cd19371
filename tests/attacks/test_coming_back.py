"""Attacks by which somebody reaches a case that they must not have: by an old claim, an offer, an undo, a look, a preview."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.errors import ClaimExpired, Forbidden, NotFound
from pipeline.review.cases.images import beside, page_of
from pipeline.review.claims.handover import colleagues, hand_over, take_up
from pipeline.review.claims.lease import reclaim
from pipeline.review.claims.rules import Bar, Ties, bar
from pipeline.review.claims.service import release
from pipeline.review.decisions.mail import preview_result_mail
from pipeline.review.quality.adjudication import adjudicate, adjudications
from schemas.claims import Claim, HandOverRequest
from schemas.decisions import DecisionRequest
from schemas.quality import AdjudicationRequest
from tests.support.colleagues import careful, handed, passed_up, people, seniors
from tests.support.desk import Desk
from tests.support.people import signed_in
from tests.support.quality import blind, checking, only_check

SECRET: Final = "I rang them up: forged"


def left(desk: Desk, held: Claim, *, skip: str | None = None) -> UUID:
    release(held.id, held.token, reviewer_id=held.reviewer, context=desk.tools.review, skip_reason=skip)
    return held.id


def back(desk: Desk, claim_id: UUID, reviewer: str = "r-1") -> Claim:
    return reclaim(claim_id, reviewer_id=reviewer, context=desk.tools.review)


def held_by(desk: Desk) -> list[str]:
    return [row.reviewer_id for row in desk.sql("SELECT reviewer_id FROM claim WHERE state = 'live'")]


def skipped(desk: Desk) -> UUID:
    desk.case_waiting()
    return left(desk, desk.claimed(), skip="unsure")


def skipped_after_a_first_claim(desk: Desk) -> UUID:
    desk.case_waiting()
    first = left(desk, desk.claimed())
    left(desk, desk.claimed(), skip="unsure")
    return first


def declined(desk: Desk) -> UUID:
    desk.case_waiting()
    people(desk, "r-1", "r-2")
    held = desk.claimed("r-2")
    handed(desk, held, "r-1")
    (offer,) = desk.sql("SELECT id, token FROM claim WHERE reviewer_id = 'r-1'")
    release(offer.id, offer.token, reviewer_id="r-1", context=desk.tools.review, skip_reason="unsure")
    return UUID(str(offer.id))


def escalated_after_a_first_claim(desk: Desk) -> UUID:
    desk.case_waiting()
    seniors(desk, "r-1")
    first = left(desk, desk.claimed())
    passed_up(desk, desk.claimed())
    return first


def said_what_they_think(desk: Desk) -> UUID:
    desk.case_waiting()
    seniors(desk, "r-1")
    first = left(desk, desk.claimed())
    desk.approve(note=SECRET)
    return first


def disagreed(desk: Desk) -> UUID:
    first = said_what_they_think(desk)
    seniors(desk, "s-1")
    desk.reject(desk.claimed("s-1"), note=SECRET)
    return first


@pytest.mark.parametrize(
    "before",
    [
        skipped,
        skipped_after_a_first_claim,
        declined,
        escalated_after_a_first_claim,
        said_what_they_think,
        disagreed,
    ],
)
def test_an_old_claim_leads_nobody_back_who_would_not_be_given_the_case(
    desk: Desk, before: Callable[[Desk], UUID]
) -> None:
    desk = careful(desk, "avatar")
    claim_id = before(desk)
    browser = signed_in(desk.tools, "r-1", roles=[])

    with pytest.raises(Forbidden):
        back(desk, claim_id)
    answer = browser.post(f"/console/cases/{claim_id}/back")

    assert (answer.status_code, SECRET in answer.text, held_by(desk)) == (403, False, [])
    assert desk.claim_next("r-1") is None


def test_an_old_claim_shows_and_previews_nothing(desk: Desk) -> None:
    desk.submit_avatar()
    desk.inspect()
    held = desk.claimed()
    (file,) = desk.case(held).materials
    body = DecisionRequest(token=held.token, fence=held.fence, version=2, verdict="approve")
    left(desk, held, skip="unsure")
    context = desk.tools.review
    person: dict[str, Any] = {"reviewer_id": "r-1", "context": context}

    ways: list[Callable[[], object]] = [
        lambda: desk.case(held),
        lambda: page_of(held.id, file.id, page=1, purpose="large", **person),
        lambda: beside(held.id, held.submission_id, **person),
        lambda: preview_result_mail(held.id, body, **person),
        lambda: colleagues(held.id, **person),
        lambda: hand_over(held.id, HandOverRequest(token=held.token, colleague="r-2", note=None), **person),
    ]

    for way in ways:
        with pytest.raises(ClaimExpired):
            way()


def test_an_offer_leads_nobody_to_a_case_of_somebody_they_have_to_do_with_by_then(desk: Desk) -> None:
    desk.case_waiting("m-1")
    people(desk, "r-1", "r-2")
    handed(desk, desk.claimed("r-2"), "r-1")
    (offer,) = desk.sql("SELECT id FROM claim WHERE reviewer_id = 'r-1'")
    add_reviewer("r-1", related_members=["m-1"], db=desk.tools.db)

    with pytest.raises(Forbidden):
        take_up(offer.id, reviewer_id="r-1", context=desk.tools.review)

    assert desk.claim_next("r-1") is None


def test_undoing_leads_nobody_back_to_a_case_of_somebody_they_have_to_do_with_by_then(desk: Desk) -> None:
    desk = careful(desk, "trusted")
    desk.case_waiting("m-1")
    desk.case_waiting("m-2", kind="verification", stage="trusted")
    made = [desk.approve().id, desk.approve().id]
    add_reviewer("r-1", related_members=["m-1", "m-2"], db=desk.tools.db)

    for judgement in made:
        with pytest.raises(Forbidden, match="have to do"):
            desk.undo(judgement)

    assert held_by(desk) == []


def test_nobody_comes_back_to_a_blind_look_who_knows_the_outcome_by_then(desk: Desk) -> None:
    desk = checking(desk)
    desk.case_waiting("m-1")
    desk.approve()
    desk.case_waiting("m-2")
    claim_id = left(desk, blind(desk))
    quiet = checking(desk, mix=0.0)
    desk.case_waiting("m-1")
    desk.sql("UPDATE submission SET due_at = now() WHERE member_id = 'm-1' AND state = 'in_review'")
    left(desk, quiet.claimed("r-2"))

    with pytest.raises(Forbidden, match="too much"):
        back(desk, claim_id, "r-2")


def test_nobody_takes_back_what_they_said_of_a_blind_case_once_they_know_the_outcome(desk: Desk) -> None:
    desk.case_waiting("m-1")
    checking(desk).approve()
    desk = checking(desk, undo_window_seconds=3600)
    desk.case_waiting("m-2")
    answered = desk.reject(blind(desk))
    desk.case_waiting("m-1")
    desk.sql("UPDATE submission SET due_at = now() WHERE member_id = 'm-1' AND state = 'in_review'")
    checking(desk, mix=0.0).claimed("r-2")

    with pytest.raises(Forbidden, match="too much"):
        desk.undo(answered.id, reviewer="r-2")


def test_nobody_rules_on_a_disagreement_of_their_own(desk: Desk) -> None:
    desk = checking(desk)
    desk.case_waiting("m-1")
    desk.approve()
    desk.case_waiting("m-2")
    desk.reject(blind(desk))
    ruling = AdjudicationRequest(ruling="second")

    for side in ("r-1", "r-2"):
        assert adjudications(by=side, context=desk.tools.review) == ()
        with pytest.raises(Forbidden):
            adjudicate(only_check(desk), ruling, by=side, context=desk.tools.review)

    assert len(adjudications(by="lead", context=desk.tools.review)) == 1


@pytest.mark.parametrize(
    ("ties", "found"),
    [
        (Ties(), None),
        (Ties(related=True), Bar.RELATED),
        (Ties(skipped=True), Bar.SKIPPED),
        (Ties(has_opinion=True), Bar.HAS_OPINION),
        (Ties(knows_outcome=True), Bar.KNOWS_OUTCOME),
        (Ties(related=True, skipped=True, has_opinion=True, knows_outcome=True), Bar.RELATED),
    ],
)
def test_each_tie_bars_a_person_from_a_case(ties: Ties, found: Bar | None) -> None:
    assert bar(ties) is found


def test_who_had_nothing_to_do_with_a_case_is_not_told_of_it(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed("r-2")
    people(desk, "r-1")

    with pytest.raises(NotFound):
        back(desk, held.id)
