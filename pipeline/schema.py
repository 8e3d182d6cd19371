"""Every table of the pipeline on one metadata, for the migrations."""

from pipeline import access, audit, evidence, idempotency, member_sessions, tables
from pipeline.account import tables as account
from pipeline.avatar import tables as avatar
from pipeline.database import metadata
from pipeline.events import heard
from pipeline.events import tables as events
from pipeline.inspection import fingerprints
from pipeline.intake import tables as intake
from pipeline.membership import tables as membership
from pipeline.notification import tables as notification
from pipeline.review import tables as review
from pipeline.review.people import tables as people
from pipeline.review.quality import tables as quality
from pipeline.tasks import tables as tasks

__all__ = [
    "access",
    "account",
    "audit",
    "avatar",
    "events",
    "evidence",
    "fingerprints",
    "heard",
    "idempotency",
    "intake",
    "member_sessions",
    "membership",
    "metadata",
    "notification",
    "people",
    "quality",
    "review",
    "tables",
    "tasks",
]
