"""Adjudication: where two people disagree on a sampled case, a lead says who was right."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, update

from pipeline.access.staff.relations import related_members
from pipeline.kernel.errors import AlreadyThere, Conflict, Forbidden, NotFound
from pipeline.review.claims.context import ReviewContext
from pipeline.review.quality.rules.sampling import Agreement, CheckKind, Said, compare
from pipeline.review.tables import ANSWER_STANDING, answer, check
from pipeline.submission import audit
from pipeline.submission.tables import decision, material, rendition, submission
from schemas.quality import Adjudication, AdjudicationCase, AdjudicationRequest, SeenPage, Side

log = structlog.get_logger()

DISAGREE = frozenset({Agreement.VERDICTS_DIFFER, Agreement.REASONS_DIFFER})
_SHOWN = submission.c.erased_at.is_(None)
_SIDE = ("verdict", "reasons", "message", "note", "facts", "decided_at")


class NothingToAdjudicate(Conflict):
    """The two people agree."""

    code = "nothing_to_rule"


def adjudications(
    *, done: bool = False, limit: int = 200, by: str | None = None, context: ReviewContext
) -> tuple[Adjudication, ...]:
    """The cases that wait for a lead, the oldest first; or those that are done, the latest first.

    For a lead, without those of members with whom they have to do, and while nobody has ruled without those in which they are a side.
    """
    if done:
        query = compared(_SHOWN).where(check.c.ruling.is_not(None)).order_by(check.c.ruled_at.desc()).limit(limit)
    else:
        query = compared(_SHOWN).where(check.c.ruling.is_(None)).order_by(check.c.answered_at)
    with context.db.read() as connection:
        hidden = related_members(connection, by) if by is not None else frozenset()
        rows = [row for row in connection.execute(query) if agreement_of(row) in DISAGREE]
    return tuple(_view(row) for row in rows if row.member_id not in hidden and (done or not _is_side(row, by)))[:limit]


def adjudication(check_id: UUID, *, by: str, context: ReviewContext) -> AdjudicationCase:
    """One of them, with the pages that both people looked at. Each look is audited. Raises NotFound."""
    with context.db.begin() as connection:
        row = _one(connection, check_id, by=by)
        pages = connection.execute(_pages(row.submission_id)).all()
        detail = {"check_id": str(check_id)}
        audit.write(connection, "check.viewed", actor=by, submission_id=row.submission_id, detail=detail)
    seen = tuple(
        SeenPage(material_id=page.material_id, page=page.page, width=page.width, height=page.height) for page in pages
    )
    return AdjudicationCase(
        **dict(_view(row)),
        kind=row.submission_kind,
        stage=row.stage,
        identity=row.identity,
        form=row.form or {},
        pages=seen,
    )


def page_of(check_id: UUID, material_id: UUID, page: int, *, by: str, context: ReviewContext) -> bytes:
    """One of these pages, as JPEG. Each look is audited. Raises NotFound."""
    with context.db.begin() as connection:
        row = _one(connection, check_id, by=by)
        only = (rendition.c.material_id == material_id, rendition.c.page == page)
        found = connection.execute(_pages(row.submission_id).where(*only)).one_or_none()
        if found is None:
            raise NotFound("This case has no such page.")
        detail = {"check_id": str(check_id), "material_id": str(material_id), "page": page}
        audit.write(connection, "material.opened", actor=by, submission_id=row.submission_id, detail=detail)
    body = context.storage.read(context.storage.vault, found.key)
    if body is None:
        raise NotFound("The picture is not kept any more.")
    return body


def adjudicate(check_id: UUID, request: AdjudicationRequest, *, by: str, context: ReviewContext) -> None:
    """Record who was right. It changes no decision: that takes a correction.

    Raises NotFound, NothingToAdjudicate, AlreadyThere, and Forbidden for one of the two.
    """
    with context.db.begin() as connection:
        row = _one(connection, check_id, by=by, lock=True)
        if _is_side(row, by):
            raise Forbidden("You are one of the two who disagree here, so another lead must say who was right.")
        if agreement_of(row) not in DISAGREE:
            raise NothingToAdjudicate("The two agree, so there is nothing to rule.")
        if row.ruling is not None:
            raise AlreadyThere(f"{row.ruled_by} has ruled already: the {row.ruling} was right.")
        ruled = {"ruling": request.ruling, "ruled_by": by, "ruling_note": request.note}
        connection.execute(update(check).where(check.c.id == check_id).values(**ruled, ruled_at=func.now()))
        detail = {"check_id": str(check_id), "ruling": request.ruling}
        audit.write(connection, "check.ruled", actor=by, submission_id=row.submission_id, detail=detail)
    log.info("check.ruled", check_id=str(check_id), submission_id=str(row.submission_id), reviewer=by)


def compared(*where: ColumnElement[bool]) -> Select[Any]:
    """Sampled cases whose answer cannot be undone any more, with both sides."""
    return (
        select(
            check,
            submission.c.kind.label("submission_kind"),
            submission.c.member_id,
            submission.c.stage,
            submission.c.identity,
            submission.c.form,
            *_side(decision, "first"),
            *_side(answer, "second"),
        )
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .join(answer, answer.c.check_id == check.c.id)
        .where(check.c.kind == CheckKind.SAMPLE, ANSWER_STANDING, answer.c.effects_at <= func.now(), *where)
    )


def agreement_of(row: Row[Any]) -> Agreement:
    """How the two sides of a row of `compared` agree."""
    first = Said(row.first_verdict, tuple(row.first_reasons))
    return compare(first, Said(row.second_verdict, tuple(row.second_reasons)))


def _side(table: Any, name: str) -> list[ColumnElement[Any]]:
    return [table.c[column].label(f"{name}_{column}") for column in ("reviewer_id", *_SIDE)]


def _is_side(row: Row[Any], by: str | None) -> bool:
    return by in {row.first_reviewer_id, row.second_reviewer_id}


def _one(connection: Connection, check_id: UUID, *, by: str | None, lock: bool = False) -> Row[Any]:
    """One of them, as far as `by` may see it: not of a member with whom they have to do."""
    query = compared(check.c.id == check_id, _SHOWN)
    row = connection.execute(query.with_for_update(of=check) if lock else query).one_or_none()
    if row is None or (by is not None and row.member_id in related_members(connection, by)):
        raise NotFound(f"There is no case {check_id} that two people have judged.")
    return row


def _pages(submission_id: UUID) -> Select[Any]:
    return (
        select(rendition)
        .join(material, material.c.id == rendition.c.material_id)
        .where(material.c.submission_id == submission_id, rendition.c.purpose == "large")
        .order_by(material.c.position, rendition.c.page)
    )


def _view(row: Row[Any]) -> Adjudication:
    sides = {
        name: Side(
            reviewer=getattr(row, f"{name}_reviewer_id"), **{each: getattr(row, f"{name}_{each}") for each in _SIDE}
        )
        for name in ("first", "second")
    }
    ruling = {name: getattr(row, name) for name in ("ruling", "ruled_by", "ruled_at", "ruling_note")}
    return Adjudication(
        check_id=row.id, submission_id=row.submission_id, queue=row.queue, how=agreement_of(row), **sides, **ruling
    )
