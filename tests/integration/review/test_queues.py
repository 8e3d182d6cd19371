"""Which case goes to whom: queues by role, and languages."""

import pytest

from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import Forbidden
from pipeline.review.cases.queue_stats import COUNTED, queue
from pipeline.review.claims.service import claim_next
from tests.support.cases import insert_cases
from tests.support.colleagues import passed_up, people, seniors
from tests.support.desk import Desk
from tests.support.http import Api


def in_language(desk: Desk, member_id: str, locale: str) -> object:
    submission = desk.case_waiting(member_id)
    desk.sql(
        "UPDATE submission SET member = member || jsonb_build_object('locale', CAST(:locale AS text)) WHERE id = :id",
        id=submission,
        locale=locale,
    )
    return submission


def test_a_reviewer_is_given_cases_in_the_languages_that_they_read(desk: Desk) -> None:
    in_language(desk, "m-1", "en")
    chinese = in_language(desk, "m-2", "zh-Hans")
    spanish = in_language(desk, "m-3", "es-MX")
    people(desk, "r-1", languages=["es", "ZH"])

    given = [desk.claimed(), desk.claimed()]

    assert [each.submission_id for each in given] == [chinese, spanish]
    assert [desk.case(each).language for each in given] == ["zh", "es"]
    assert desk.claim_next() is None


def test_of_several_languages_what_is_due_soonest_comes_first(desk: Desk) -> None:
    later, soonest, never = (in_language(desk, f"m-{at}", locale) for at, locale in enumerate(("en", "es", "zh")))
    desk.sql("UPDATE submission SET due_at = now() - interval '1 hour' WHERE id = :id", id=soonest)
    people(desk, "r-1", languages=["en", "es"])

    assert [desk.claimed().submission_id, desk.claimed().submission_id] == [soonest, later]
    assert desk.claimed("r-2").submission_id == never


def test_what_was_escalated_goes_to_seniors_only(desk: Desk) -> None:
    submission = desk.case_waiting()
    passed_up(desk, desk.claimed("r-1"))
    seniors(desk, "s-1")

    assert desk.claim_next("r-1") is None
    assert desk.claim_next("r-2") is None
    assert desk.claimed("s-1").submission_id == submission


def test_a_senior_may_ask_for_one_queue_and_a_reviewer_may_not_ask_for_theirs(desk: Desk, api: Api) -> None:
    desk.case_waiting("m-1")
    passed_up(desk, desk.claimed("r-2"))
    other = desk.case_waiting("m-2")
    seniors(desk, "s-1")

    refused = api.post("/v1/review/claims", {"queues": ["senior"]})
    taken = claim_next(reviewer_id="s-1", queues=["avatar"], context=desk.tools.review)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert taken is not None
    assert taken.submission_id == other


def test_somebody_without_a_role_for_review_is_given_nothing(desk: Desk) -> None:
    desk.case_waiting()
    people(desk, "l-1", roles=[Role.LEAD])

    with pytest.raises(Forbidden, match="needs the role reviewer or senior"):
        desk.claim_next("l-1")


def test_whoever_lost_the_role_for_a_case_may_only_give_it_back(desk: Desk) -> None:
    desk.case_waiting()
    held = desk.claimed("r-1")
    request = desk.request(held)
    people(desk, "r-1", roles=[Role.LEAD])

    with pytest.raises(Forbidden, match="You may: skip, release"):
        desk.decide(held, request)

    assert desk.case(held).allowed_actions == ("skip", "release")


def test_the_queue_page_counts_up_to_a_bound_and_knows_the_first(desk: Desk) -> None:
    insert_cases(desk.tools.owner, 3 * COUNTED)
    desk.claimed("r-1")

    avatars, verifications = queue(context=desk.tools.review).queues

    assert sorted([(line.waiting, line.claimed, line.more) for line in (avatars, verifications)]) == [
        (COUNTED, 0, True),
        (COUNTED, 1, True),
    ]
    (due,) = desk.sql("SELECT min(due_at) AS soonest, min(accepted_at) AS oldest FROM submission WHERE kind = 'avatar'")
    assert (avatars.due_soonest_at, avatars.oldest_at) == (due.soonest, due.oldest)


def test_the_queue_page_of_a_language_counts_that_one(desk: Desk, api: Api) -> None:
    in_language(desk, "m-1", "en")
    in_language(desk, "m-2", "es-MX")
    in_language(desk, "m-3", "es")

    shown = api.call("GET", "/v1/review/queue?language=es", key=api.review_key).json()["queues"]

    assert [(each["queue"], each["waiting"], each["more"]) for each in shown] == [("avatar", 2, False)]
