"""What is on its way into review, for somebody who waits for it."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from pipeline.database import Database
from pipeline.lifecycle import State
from pipeline.tables import submission
from schemas.claims import Coming

_LATEST: Final = 20


def coming(*, now: datetime, db: Database) -> Coming:
    """How many inspection looks at now, and how often the latest ones came: from that one may guess when the next comes."""
    inspected = select(func.count()).select_from(submission).where(submission.c.state == State.RECEIVED)
    latest = select(submission.c.accepted_at).order_by(submission.c.id.desc()).limit(_LATEST)
    with db.read() as connection:
        under_way = connection.execute(inspected).scalar_one()
        arrived = connection.execute(latest).scalars().all()
    gap = (now - arrived[-1]) / len(arrived) if arrived else None
    return Coming(inspected=under_way, seconds_between=gap.total_seconds() if gap else None)
