from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline.access.staff.ownership import present_holder
from pipeline.access.staff.rules.independence import Holder, require_independent
from pipeline.kernel.errors import AlreadyThere, NotAllowed, NotFound, UndoTooLate
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.claims.grant import grant
from pipeline.review.claims.service import expire_claims
from pipeline.review.claims.ties import require_untied
from pipeline.review.decisions.rules import WAITS_IN, FourEyes, four_eyes
from pipeline.review.tables import OPINION_STANDING, opinion
from pipeline.submission import lifecycle
from pipeline.submission.decisions import Judgement
from pipeline.submission.lifecycle import Queue, State, Transition
from pipeline.submission.tables import submission
from schemas.claims import Claim
from schemas.decisions import Decided


def four_eyes_of(connection: Connection, case: Row[Any], judgement: Judgement, policy: Policy) -> FourEyes:
    """What this verdict comes to, given the opinions that stand.

    Raises NotAllowed for somebody who has given one, and NotIndependent for somebody who may be one of those who have.
    """
    standing = select(opinion).where(opinion.c.submission_id == case.id, OPINION_STANDING)
    others = connection.execute(standing.order_by(opinion.c.id)).all()
    if judgement.actor in {each.reviewer_id for each in others}:
        raise NotAllowed("You have said what you think of this case; it needs another person. Claim the next case.")
    needs_two = policy.needs_two(kind=case.kind, stage=case.stage)
    outcome = four_eyes(judgement.verdict, needs_two=needs_two, opinions=[each.verdict for each in others])
    if outcome is not FourEyes.FINAL or (others and judgement.verdict != "better_file"):
        holder = present_holder(connection, judgement.actor)
        require_independent(holder, [_holder(each) for each in others])
    return outcome


def record_opinion(
    connection: Connection, case: Row[Any], judgement: Judgement, outcome: FourEyes, *, version: int, policy: Policy
) -> Decided:
    """Record an opinion and pass the case on. The history says that it was passed on, not what the opinion is."""
    opinion_id = new_id()
    queue = WAITS_IN[outcome]
    state = lifecycle.transition(
        connection,
        case.id,
        Transition.PASSED_ON,
        actor=judgement.actor,
        version=version,
        detail={"opinion_id": str(opinion_id), "queue": queue},
        queue=queue,
    )
    known = {"submission_id": case.id, "from_queue": case.queue, "version": case.version + 1}
    row = {**judgement.columns(), **known, "id": opinion_id, "policy_version": policy.version}
    row["credential"] = {**(row["credential"] or {}), **present_holder(connection, judgement.actor).shown()}
    given_at = connection.execute(insert(opinion).values(row).returning(opinion.c.given_at)).scalar_one()
    return Decided(
        id=opinion_id,
        submission_id=case.id,
        verdict=judgement.verdict,
        state=state,
        decided_at=given_at,
        effects_at=None,
        waits_in=queue,
    )


def undo_opinion(connection: Connection, opinion_id: UUID, *, reviewer_id: str, policy: Policy) -> Claim:
    """Take an opinion back: the case is in its former queue, and claimed by the same reviewer.

    Raises NotFound, AlreadyThere, UndoTooLate.
    """
    given = _mine(connection, opinion_id, reviewer_id)
    case = connection.execute(select(submission).where(submission.c.id == given.submission_id).with_for_update()).one()
    if case.state != State.IN_REVIEW or case.version != given.version:
        raise UndoTooLate("This can no longer be undone: the case has gone on since. If it is wrong, tell your lead.")
    expire_claims(connection)
    _mark_undone(connection, opinion_id)
    require_untied(connection, given.submission_id, reviewer_id)
    queue = Queue(given.from_queue)
    lifecycle.transition(
        connection,
        given.submission_id,
        Transition.PASSED_ON,
        actor=reviewer_id,
        detail={"opinion_undone": str(opinion_id), "queue": queue},
        queue=queue,
    )
    taken = grant(connection, given.submission_id, reviewer_id=reviewer_id, policy=policy)
    if taken is None:
        raise UndoTooLate("This can no longer be undone: somebody else is looking at the case.")
    return taken


def undone_already() -> AlreadyThere:
    """The error for a decision, an opinion or an answer that was undone before."""
    return AlreadyThere("This decision was undone already.")


def _holder(given: Row[Any]) -> Holder:
    """Who gave an opinion, as it was then. One that was given before this was recorded counts as its person's own."""
    known = given.credential or {}
    return Holder(given.reviewer_id, known.get("own", True), frozenset(known.get("others", ())))


def _mine(connection: Connection, opinion_id: UUID, reviewer_id: str) -> Row[Any]:
    mine = (opinion.c.id == opinion_id, opinion.c.reviewer_id == reviewer_id)
    row = connection.execute(select(opinion).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("You made no such decision. Only who made a decision can undo it.")
    if row.undone_at is not None:
        raise undone_already()
    return row


def _mark_undone(connection: Connection, opinion_id: UUID) -> None:
    marked = connection.execute(
        update(opinion).where(opinion.c.id == opinion_id, OPINION_STANDING).values(undone_at=func.now())
    )
    if marked.rowcount != 1:
        raise undone_already()
