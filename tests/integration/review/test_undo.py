import pytest

from pipeline.kernel.idempotency import once
from pipeline.notification.tables import mail
from pipeline.review.claims.service import release
from pipeline.review.tables import claim as claim_table
from pipeline.submission.tables import decision
from pipeline.tasks.rules import PUBLISH_AVATAR, SEND_MAIL, UNLOCK_STAGE, Kind
from schemas.decisions import Decided
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.undoing import let_window_pass, patient

BOTH_KINDS = pytest.mark.parametrize("kind", ["avatar", "verification"])
BOTH_VERDICTS = pytest.mark.parametrize("verdict", ["approve", "reject"])


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return patient(desk)


def decided(desk: Desk, verdict: str = "approve", *, kind: str = "avatar") -> Decided:
    desk.case_waiting(kind=kind)
    held = desk.claimed()
    return desk.decide(held, desk.request(held, verdict))


@BOTH_KINDS
@BOTH_VERDICTS
def test_a_decision_that_is_undone_puts_the_case_back_with_its_reviewer(desk: Desk, kind: str, verdict: str) -> None:
    made = decided(desk, verdict, kind=kind)
    before = desk.submission(made.submission_id)

    held = desk.undo(made.id)

    view = desk.submission(made.submission_id)
    assert (view.state, view.version, view.closed_at) == ("in_review", before.version + 1, None)
    assert (view.decision, view.effects) == (None, ())
    assert (held.submission_id, held.reviewer) == (made.submission_id, "r-1")
    assert desk.case(held).version == view.version
    assert [row.state for row in desk.rows(claim_table)] == ["decided", "live"]
    assert desk.history(made.submission_id)[-3:] == ["submission.reopened", "claim.taken", "material.viewed"]


@BOTH_KINDS
@BOTH_VERDICTS
def test_nothing_of_an_undone_decision_ever_leaves(desk: Desk, kind: str, verdict: str) -> None:
    made = decided(desk, verdict, kind=kind)

    desk.undo(made.id)
    let_window_pass(desk)

    assert desk.run_due() == 0
    assert desk.mails() == []
    assert (desk.avatar().submission_id, desk.membership().level) == (None, "registered")
    assert [row.state for row in desk.rows(mail)] == ["withdrawn"]


def test_an_undone_decision_is_kept_with_who_undid_it(desk: Desk) -> None:
    made = decided(desk)

    desk.undo(made.id)

    (row,) = desk.rows(decision)
    assert (row.id, row.verdict, row.reviewer_id, row.undone_by) == (made.id, "approve", "r-1", "r-1")
    assert row.undone_at is not None


def test_a_reviewer_who_holds_as_many_cases_as_one_may_still_gets_the_undone_one(desk: Desk) -> None:
    made = decided(desk)
    others = [desk.case_waiting(f"m-{number}") for number in range(2, 5)]
    held = [desk.claimed(), desk.claimed(), desk.claimed()]

    back = desk.undo(made.id)

    assert sorted(each.submission_id for each in held) == sorted(others)
    assert back.submission_id == made.submission_id


def test_what_was_put_back_can_be_released_to_somebody_else(desk: Desk) -> None:
    made = decided(desk)
    held = desk.undo(made.id)

    release(held.id, held.token, reviewer_id="r-1", context=desk.tools.review)

    assert desk.claimed("r-2").submission_id == made.submission_id


def test_an_undone_decision_is_none_of_the_members_earlier_ones(desk: Desk) -> None:
    desk.undo(decided(desk, kind="verification").id)
    desk.case_waiting()

    assert desk.case(desk.claimed()).earlier == ()


def test_the_same_request_to_undo_gives_the_same_claim(desk: Desk) -> None:
    made = decided(desk)
    key = once(owner="r-1", key="k", operation=f"decisions.{made.id}.undo", sent=None)

    first = desk.undo(made.id, once=key)
    second = desk.undo(made.id, once=key)

    assert second == first
    assert len(desk.rows(claim_table)) == 2


def test_undoing_over_http_answers_with_the_claim_to_go_on_with(desk: Desk, api: Api) -> None:
    made = decided(desk)
    over_http = api.over(desk.tools)

    first = over_http.post(f"/v1/review/decisions/{made.id}/undo", once="k")
    again = over_http.post(f"/v1/review/decisions/{made.id}/undo", once="k")
    case = api.call("GET", first.headers["Location"], key=api.review_key)

    assert (first.status_code, again.json()) == (200, first.json())
    assert (case.status_code, case.json()["claim"]["token"]) == (200, first.json()["token"])


def test_what_upstream_reads_tells_of_the_way_back(desk: Desk, api: Api) -> None:
    made = decided(desk)
    desk.undo(made.id)

    view = api.get(f"/v1/submissions/{made.submission_id}").json()

    assert [step["state"] for step in view["history"]] == ["received", "in_review", "approved", "in_review"]
    assert (view["decision"], view["closed_at"]) == (None, None)


@pytest.mark.parametrize(
    ("kind", "verdict", "effect"),
    [
        ("avatar", "approve", PUBLISH_AVATAR),
        ("verification", "approve", UNLOCK_STAGE),
        ("avatar", "reject", SEND_MAIL),
    ],
)
def test_an_effect_that_somebody_makes_due_by_hand_is_parked_and_not_carried_out(
    desk: Desk, kind: str, verdict: str, effect: Kind
) -> None:
    desk.undo(decided(desk, verdict, kind=kind).id)
    desk.sql("UPDATE task SET state = 'ready', due_at = now() WHERE kind = :kind", kind=effect.name)

    desk.run_due()

    assert all("undone" in reason for reason in desk.parked())
    assert len(desk.parked()) == (effect is not SEND_MAIL)  # a mail that was taken back is left out
    assert (desk.mails(), desk.avatar().submission_id, desk.membership().level) == ([], None, "registered")
