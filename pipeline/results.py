"""What a decision came to, for the stages that carry out its effects."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from pipeline.errors import NotFound
from pipeline.tables import STANDING, decision, submission


@dataclass(frozen=True, slots=True)
class Result:
    """A decision and the submission that it closed. `sequence` grows with each submission that was accepted."""

    decision_id: UUID
    submission_id: UUID
    member_id: str
    kind: str
    stage: str | None
    verdict: str
    sequence: int
    correlation_id: str


def result_of(connection: Connection, decision_id: UUID) -> Result:
    """The result that a decision recorded. Raises NotFound, also where it was undone: then nothing follows from it."""
    columns = (
        submission.c.member_id,
        submission.c.kind,
        submission.c.stage,
        submission.c.sequence,
        submission.c.correlation_id,
    )
    row = (
        connection.execute(
            select(decision.c.id.label("decision_id"), decision.c.submission_id, decision.c.verdict, *columns)
            .join(submission, submission.c.id == decision.c.submission_id)
            .where(decision.c.id == decision_id, STANDING)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(f"There is no decision {decision_id}, or it was undone.")
    return Result(**row)
