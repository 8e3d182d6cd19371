"""Earn, redeem, correct and penalise: each is one entry of the member's ledger, with its cause and the balance after it.

Entries of one member are written one after another, under the lock of the member's account. Every use case takes its locks in
the same order: idempotency key, account, entry.
"""

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.relations import require_unrelated
from pipeline.account.rules import points
from pipeline.account.rules.points import NotProven, Posting, SourceUsed, balance_after
from pipeline.account.statement import entry_view
from pipeline.account.tables import points_account, points_entry
from pipeline.events import outbound as events
from pipeline.kernel.errors import Forbidden, NotFound
from pipeline.kernel.idempotency import earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import audit
from pipeline.submission.context import Context
from pipeline.submission.mail_contract import MemberMail
from pipeline.submission.presence import require_present
from pipeline.submission.tables import decision, submission
from schemas.events import EventType, PointsChanged
from schemas.points import CorrectionRequest, EarningRequest, PenaltyRequest, PointsEntry, RedemptionRequest

log = structlog.get_logger()

_MAILED: Final = ("correction", "penalty")
"""The entries that the member did not cause, and so is mailed about."""

_VERBS: Final = {"earning": "earned", "redemption": "redeemed", "correction": "corrected", "penalty": "taken"}


def earn(connection: Connection, member_id: str, request: EarningRequest, *, context: Context) -> PointsEntry:
    """Add what an event of another service earns, in the caller's transaction. Raises Invalid, SourceUsed."""
    return _posted(connection, member_id, points.earning(request, context.policy.points), context)


def redeem(member_id: str, request: RedemptionRequest, *, context: Context) -> PointsEntry:
    """Take points for an item. Raises Invalid, InsufficientPoints."""
    return _post(member_id, points.redemption(request, context.policy.points), context)


def correct(member_id: str, request: CorrectionRequest, *, context: Context) -> PointsEntry:
    """Correct the balance, even below zero. Raises Invalid; NotFound where there is no entry of that number."""
    return _post(member_id, points.correction(request, context.policy.points), context)


def penalise(request: PenaltyRequest, *, reviewer_id: str, context: Context) -> PointsEntry:
    """Take points for a proven forgery, even below zero, once for each submission. A repeated request returns the first entry.

    Only the reviewer who rejected the submission may, once the decision can no longer be undone.
    Raises Invalid, NotFound, Forbidden, NotProven.
    """
    posting = points.penalty(request, context.policy.points)
    with context.db.read() as connection:
        found = _rejection(connection, request.submission_id)
        require_unrelated(connection, reviewer_id, found.member_id)
    if found.reviewer_id != reviewer_id:
        raise Forbidden("Only the reviewer who decided this submission may impose a penalty for it.")
    if not found.final:
        raise NotProven("The decision can still be undone. Impose the penalty once its effects have left.")
    points.require_proof(request, found.reasons if found.verdict == "reject" else (), context.policy.points)
    return _post(found.member_id, posting, context)


def _rejection(connection: Connection, submission_id: UUID) -> Row[Any]:
    """The standing decision on a submission, and whether it is final: no longer to be undone. Raises NotFound."""
    columns = (decision.c.verdict, decision.c.reasons, decision.c.reviewer_id, submission.c.member_id)
    row = connection.execute(
        select(*columns, (decision.c.effects_at <= func.now()).label("final"))
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(decision.c.submission_id == submission_id, decision.c.undone_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no decision on a submission {submission_id}.")
    return row


def _post(member_id: str, posting: Posting, context: Context) -> PointsEntry:
    with context.db.begin() as connection:
        if (earlier := earlier_answer(connection, context.request)) is not None:
            return PointsEntry.model_validate(earlier)
        entry = _posted(connection, member_id, posting, context)
        remember(connection, context.request, entry.model_dump(mode="json"))
    log.info("points.posted", member_id=member_id, type=entry.type, entry_id=str(entry.id))
    return entry


def _posted(connection: Connection, member_id: str, posting: Posting, context: Context) -> PointsEntry:
    require_present(connection, member_id)
    account = _locked(connection, member_id)
    row = _written(connection, account, posting, context)
    return entry_view(row) if row else _counted_before(connection, member_id, posting)


def _locked(connection: Connection, member_id: str) -> Row[Any]:
    """The member's account, locked until the transaction ends; it is created where there is none."""
    connection.execute(insert(points_account).values(member_id=member_id).on_conflict_do_nothing())
    return connection.execute(
        select(points_account).where(points_account.c.member_id == member_id).with_for_update()
    ).one()


def _written(connection: Connection, account: Row[Any], posting: Posting, context: Context) -> Row[Any] | None:
    """Insert the entry and update the balance. None, and nothing is written, where the event was counted before."""
    if posting.corrects is not None and posting.corrects > account.entries:
        raise NotFound(f"The member has no entry {posting.corrects}.")
    after = balance_after(account.balance, posting)
    values = {
        "id": new_id(),
        "member_id": account.member_id,
        "number": account.entries + 1,
        "balance_after": after,
        "actor": context.actor,
        "policy_version": context.policy.version,
        "at": func.clock_timestamp(),  # later numbers are never earlier, however long they waited for the lock
        **asdict(posting),
    }
    statement = insert(points_entry).values(values).on_conflict_do_nothing(index_elements=["source", "source_id"])
    row = connection.execute(statement.returning(points_entry)).one_or_none()
    if row is not None:
        _apply(connection, row, context)
    return row


def _apply(connection: Connection, row: Row[Any], context: Context) -> None:
    """Update the balance, mail the member where the entry asks for it, emit the event and write the audit."""
    connection.execute(
        update(points_account)
        .where(points_account.c.member_id == row.member_id)
        .values(balance=row.balance_after, entries=row.number, updated_at=func.now())
    )
    detail = {"member": member_digest(row.member_id), "entry": row.number, "points": row.points, "code": row.code}
    if row.type in _MAILED:
        facts = {"amount": row.points, "cause": row.title, "balance": row.balance_after}
        context.notify_member(connection, MemberMail(row.id, MailTemplate.POINTS, row.member_id, facts, context.trace))
    event = PointsChanged(
        member_id=row.member_id,
        entry_id=row.id,
        type=row.type,
        amount=row.points,
        balance=row.balance_after,
        cause=row.code,
        version=row.number,
    )
    events.emit(connection, EventType.POINTS_CHANGED, event, member_id=row.member_id, trace=context.trace)
    audit.write(
        connection, f"points.{_VERBS[row.type]}", actor=context.actor, correlation_id=context.trace, detail=detail
    )


def _counted_before(connection: Connection, member_id: str, posting: Posting) -> PointsEntry:
    """The earlier entry of this source. Raises SourceUsed where it is another entry."""
    same = (points_entry.c.source == posting.source, points_entry.c.source_id == posting.source_id)
    entry = entry_view(connection.execute(select(points_entry).where(*same)).one())
    if not points.same_event(posting, member_id, entry):
        raise SourceUsed(f"{posting.source} {posting.source_id} was counted before, as something else.")
    return entry
