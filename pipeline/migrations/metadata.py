from pipeline.access import api_keys, member_sessions, personal_keys
from pipeline.access.staff import tables as staff
from pipeline.access.staff.factors import tables as factors
from pipeline.account import tables as account
from pipeline.audit import tables as audit
from pipeline.avatar import tables as avatar
from pipeline.events import inbound
from pipeline.events import tables as events
from pipeline.inspection import fingerprints
from pipeline.intake import uploads
from pipeline.kernel import idempotency, tokens
from pipeline.kernel.database import metadata
from pipeline.membership import tables as membership
from pipeline.notification import tables as notification
from pipeline.ownership import tables as ownership
from pipeline.review import tables as review
from pipeline.submission import accepted_policy, chances, deletions, presence
from pipeline.submission import tables as submission
from pipeline.tasks import tables as tasks
from pipeline.verification import methods as verification
from pipeline.workflows import sweep_marks

__all__ = [
    "accepted_policy",
    "account",
    "api_keys",
    "audit",
    "avatar",
    "chances",
    "deletions",
    "events",
    "factors",
    "fingerprints",
    "idempotency",
    "inbound",
    "member_sessions",
    "membership",
    "metadata",
    "notification",
    "ownership",
    "personal_keys",
    "presence",
    "review",
    "staff",
    "submission",
    "sweep_marks",
    "tasks",
    "tokens",
    "uploads",
    "verification",
]
