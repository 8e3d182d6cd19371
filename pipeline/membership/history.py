"""How a member's level came to be: every change with the decision, event or correction that caused it."""

from typing import Any

from sqlalchemy import Connection, Row, func, select

from pipeline.events.inbound import inbound_event
from pipeline.membership.tables import correction, level_change
from pipeline.submission.tables import decision
from schemas.members import LevelChange


def changes_of(connection: Connection, member_id: str) -> tuple[LevelChange, ...]:
    """Every change of the level, the earliest first."""
    superseded = decision.alias("superseded")
    rows = connection.execute(
        select(
            level_change,
            func.coalesce(decision.c.submission_id, superseded.c.submission_id).label("submission_id"),
            inbound_event.c.source,
            inbound_event.c.id.label("source_id"),
        )
        .outerjoin(decision, decision.c.id == level_change.c.cause_id)
        .outerjoin(inbound_event, inbound_event.c.event_id == level_change.c.cause_id)
        .outerjoin(correction, correction.c.id == level_change.c.cause_id)
        .outerjoin(superseded, superseded.c.id == correction.c.supersedes)
        .where(level_change.c.member_id == member_id)
        .order_by(level_change.c.version)
    )
    return tuple(_view(row) for row in rows)


def _view(row: Row[Any]) -> LevelChange:
    return LevelChange(
        version=row.version,
        from_level=row.from_level,
        to_level=row.to_level,
        because=row.because,
        cause=row.cause_id,
        submission_id=row.submission_id,
        source=row.source,
        source_id=row.source_id,
        policy_version=row.policy_version,
        at=row.at,
    )
