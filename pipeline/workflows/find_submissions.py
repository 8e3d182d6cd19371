from collections.abc import Sequence
from typing import Final

from pipeline.access.staff.relations import related_members
from pipeline.audit.keys import Digests
from pipeline.audit.record import write
from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound
from pipeline.policy import Policy
from pipeline.review.quality.blinding import blind_submissions_of
from pipeline.submission.audit import as_id
from pipeline.submission.lifecycle import State
from pipeline.workflows.submission_views import Filters, submission_of, submissions
from schemas.submissions import SubmissionLine

_MOST: Final = 20


def find(
    wanted: str, *, reviewer_id: str, db: Database, policy: Policy, digests: Digests | None = None
) -> list[SubmissionLine]:
    """Submissions by their id, their member's id or a correlation id, the latest first.

    A case that the reviewer holds blind is shown as in review, like any other case that they hold. Each search is recorded, with
    a digest of what was looked for. Nothing is found of members with whom
    they have to do.
    """
    if not wanted:
        return []
    with db.begin() as connection:
        hidden = related_members(connection, reviewer_id)
        detail = {"query": digests.of(wanted)} if digests is not None else {}
        write(connection, "search.made", actor=reviewer_id, detail=detail)
    blind = blind_submissions_of(reviewer_id, db=db)
    as_held = {"state": State.IN_REVIEW, "closed_at": None}
    found = _found(wanted, db=db, policy=policy)
    shown = [line for line in found if line.member_id not in hidden]
    return [line.model_copy(update=as_held) if line.id in blind else line for line in shown]


def _found(wanted: str, *, db: Database, policy: Policy) -> Sequence[SubmissionLine]:
    if (known := as_id(wanted)) is not None:
        try:
            one = submission_of(known, db=db, policy=policy)
        except NotFound:
            return ()
        fields = {name: getattr(one, name) for name in SubmissionLine.model_fields if name != "due_at"}
        return (SubmissionLine(**fields, due_at=one.due.promise_at),)
    for filters in (Filters(member_id=wanted), Filters(correlation_id=wanted)):
        page = submissions(filters, cursor=None, limit=_MOST, db=db)
        if page.items:
            return page.items
    return ()
