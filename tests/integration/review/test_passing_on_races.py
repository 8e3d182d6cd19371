"""What two people do to one case at the same moment, in an order that the test says."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from pipeline.kernel.database import Database, engine
from pipeline.kernel.errors import ClaimExpired, UndoTooLate
from pipeline.review.claims.service import claim_next, sweep_claims
from pipeline.review.tables import claim as claim_table
from pipeline.review.tables import opinion
from pipeline.submission.tables import decision
from schemas.claims import Claim, HandedOver
from schemas.decisions import Decided
from tests.support.cases import insert_cases
from tests.support.colleagues import careful, handed, passed_up, people, seniors
from tests.support.desk import Desk
from tests.support.overlap import overlapping
from tests.support.servers import with_review
from tests.support.together import at_once

CASES, REVIEWERS, HELD = 1_000, 16, 10
CLOSE_CASES = (
    "UPDATE submission SET state = 'approved' FROM claim"
    " WHERE submission.id = submission_id AND claim.state = 'live' AND reviewer_id = :who"
)
END_CLAIMS = "UPDATE claim SET state = 'decided', ended_at = now() WHERE state = 'live' AND reviewer_id = :who"


@pytest.fixture
def double(desk: Desk) -> Desk:
    seniors(desk, "s-1", "s-2")
    made = careful(desk, "avatar")
    made.case_waiting()
    return made


def states(desk: Desk) -> list[str]:
    return [row.state for row in desk.rows(claim_table)]


def test_a_claim_that_runs_out_while_it_is_handed_over_is_the_colleagues(desk: Desk) -> None:
    desk.case_waiting()
    people(desk, "r-2")
    held = desk.claimed("r-1")

    given, swept = overlapping(desk, lambda: handed(desk, held, "r-2"), lambda: sweep_claims(desk.tools.db))

    assert isinstance(given, HandedOver)
    assert swept == 0
    assert states(desk) == ["handed_over", "live"]


def test_a_claim_that_ran_out_is_handed_to_nobody(desk: Desk) -> None:
    desk.case_waiting()
    people(desk, "r-2")
    held = desk.claimed("r-1")
    desk.let_claim_expire(held)

    swept, refused = overlapping(desk, lambda: sweep_claims(desk.tools.db), lambda: handed(desk, held, "r-2"))

    assert swept == 1
    assert isinstance(refused, ClaimExpired)
    assert states(desk) == ["expired"]


@pytest.mark.parametrize("first", ["escalate", "decide"])
def test_of_escalating_and_deciding_at_once_the_first_counts(desk: Desk, first: str) -> None:
    submission = desk.case_waiting()
    held = desk.claimed("r-1")
    request = desk.request(held)
    doing = {"escalate": lambda: passed_up(desk, held), "decide": lambda: desk.decide(held, request)}
    other = doing.keys() - {first}

    done, refused = overlapping(desk, doing[first], doing[other.pop()])

    assert isinstance(refused, ClaimExpired)
    assert (isinstance(done, Decided), len(desk.rows(decision))) == ((False, 0) if first == "escalate" else (True, 1))
    assert desk.state(submission) == ("in_review" if first == "escalate" else "approved")


def test_two_first_verdicts_at_once_are_one_opinion(double: Desk) -> None:
    held = double.claimed("r-1")
    requests = [double.request(held, verdict) for verdict in ("approve", "reject")]

    given, refused = at_once(2, lambda number: double.decide(held, requests[number]))

    assert [each.waits_in for each in given] == ["second"]
    assert {type(error) for error in refused} == {ClaimExpired}
    assert len(double.rows(opinion)) == 1


def test_the_second_person_who_claims_first_makes_the_first_verdict_stand(double: Desk) -> None:
    first = double.approve(double.claimed("r-1"))

    taken, refused = overlapping(double, lambda: double.claim_next("s-1"), lambda: double.undo(first.id))

    assert isinstance(taken, Claim)
    assert isinstance(refused, UndoTooLate)
    assert [row.undone_at for row in double.rows(opinion)] == [None]
    assert double.approve(taken).state == "approved"


def test_the_first_verdict_that_is_undone_first_leaves_the_second_person_nothing(double: Desk) -> None:
    first = double.approve(double.claimed("r-1"))

    held, nothing = overlapping(double, lambda: double.undo(first.id), lambda: double.claim_next("s-1"))

    assert isinstance(held, Claim)
    assert nothing is None
    assert states(double) == ["decided", "live"]


def test_eight_undoings_of_a_first_verdict_at_once_are_one(double: Desk) -> None:
    first = double.approve(double.claimed("r-1"))

    given, refused = at_once(8, lambda _: double.undo(first.id))

    assert (len(given), len(refused)) == (1, 7)
    assert states(double) == ["decided", "live"]


@pytest.fixture
def wide(desk: Desk) -> Iterator[Desk]:
    """With a connection for each reviewer, and room for as many cases as one closes at once."""
    db = Database(engine(desk.tools.settings.sqlalchemy_url, pool_size=REVIEWERS), after_commit=lambda _: None)
    tools = with_review(desk.tools, claims_per_reviewer=HELD)
    tools.__dict__["db"] = db
    yield Desk(tools)
    db.close()


def test_sixteen_reviewers_draining_a_thousand_cases_never_share_one(wide: Desk) -> None:
    insert_cases(wide.tools.owner, CASES)
    people(wide, *(f"r-{number}" for number in range(REVIEWERS)))

    taken, raised = at_once(REVIEWERS, lambda number: drained(wide, f"r-{number}"))
    left = drained(wide, "r-0")  # a case that a thread had locked for a moment when the others looked

    cases = [each for some in (*taken, left) for each in some]
    assert raised == []
    assert len(cases) == len(set(cases)) == CASES
    (counted,) = wide.sql("SELECT count(*) AS claims, count(DISTINCT submission_id) AS cases FROM claim")
    assert (counted.claims, counted.cases) == (CASES, CASES)


def drained(desk: Desk, reviewer: str) -> list[object]:
    """Every case that the reviewer gets, until there is none; what they hold is closed when it is as much as they may."""
    cases: list[object] = []
    while (held := claim_next(reviewer_id=reviewer, context=desk.tools.review)) is not None:
        cases.append(held.submission_id)
        if len(cases) % HELD == 0:
            close(desk, reviewer)
    close(desk, reviewer)
    return cases


def close(desk: Desk, reviewer: str) -> None:
    """The cases first, as whoever decides one locks it first."""
    with desk.tools.db.begin() as connection:
        connection.execute(text(CLOSE_CASES), {"who": reviewer})
        connection.execute(text(END_CLAIMS), {"who": reviewer})
