"""Draw the sample: a decision is put aside for a second person in the transaction that makes it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert

from pipeline.ids import new_id
from pipeline.quality_policy import Quality
from pipeline.review.quality.rules import Turn, is_sampled
from pipeline.review.quality.tables import check


def draw(connection: Connection, decision_id: UUID, *, subject: Row[Any], version: int, quality: Quality) -> None:
    """Put a decision into the sample if its lot says so. `version` is what its reviewer looked at."""
    if not is_sampled(decision_id, subject.queue, quality):
        return
    row = {
        "id": new_id(),
        "kind": Turn.SAMPLE,
        "submission_id": subject.id,
        "decision_id": decision_id,
        "version": version,
        "queue": subject.queue,
    }
    opens_at = func.now() + timedelta(hours=quality.after_hours)
    connection.execute(insert(check).values(**row, opens_at=opens_at))
