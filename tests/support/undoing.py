"""Decisions that can be undone."""

from uuid import UUID

from pipeline.submission.tables import decision
from tests.support.desk import Desk
from tests.support.servers import with_review


def patient(desk: Desk) -> Desk:
    """A desk whose decisions can be undone for longer than any test takes."""
    return Desk(with_review(desk.tools, undo_window_seconds=3600))


def let_window_pass(desk: Desk) -> None:
    """What waits is due from this moment on; a transaction that began before began in time."""
    desk.sql("UPDATE task SET due_at = now() WHERE state = 'ready'")


def standing(desk: Desk) -> list[UUID]:
    """The decisions that nobody undid."""
    return [row.id for row in desk.rows(decision) if row.undone_at is None]
