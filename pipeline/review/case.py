"""What a reviewer sees: the case that they hold, and the queue at a glance."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, case, exists, func, select

from pipeline import audit
from pipeline.database import Database
from pipeline.lifecycle import State
from pipeline.policy import Policy
from pipeline.review.claims import live_claim
from pipeline.review.tables import ON_MEMBERS_CASES, claim
from pipeline.shown import due_view, findings_of
from pipeline.storage import Storage
from pipeline.tables import STANDING, decision, material, rendition, submission
from schemas.review import (
    Case,
    CaseMaterial,
    ChecklistView,
    Claim,
    DuplicateView,
    EarlierDecision,
    PageView,
    QueueLine,
    QueueView,
    ReasonChoice,
)

log = structlog.get_logger()

_EARLIER: Final = 20


DuplicatesOf = Callable[..., tuple[DuplicateView, ...]]
"""`(connection, file, *, member_id)`: files of other members that are the same or look like it."""


def case_of(
    claim_id: UUID,
    *,
    reviewer_id: str,
    avatar_url: str | None,
    db: Database,
    storage: Storage,
    policy: Policy,
    duplicates_of: DuplicatesOf,
) -> Case:
    """The case that a reviewer holds, with short-lived links to its renditions. Each look is logged.

    Raises ClaimExpired, NotFound.
    """
    with db.begin() as connection:
        held = live_claim(connection, claim_id, reviewer_id=reviewer_id)
        subject = connection.execute(select(submission).where(submission.c.id == held.submission_id)).one()
        files, pages = _files(connection, subject)
        materials = tuple(
            _material(
                each,
                subject,
                pages=[_page(page, storage, policy) for page in pages if page.material_id == each.id],
                duplicates=duplicates_of(connection, each, member_id=subject.member_id),
                policy=policy,
            )
            for each in files
        )
        findings = findings_of(connection, subject.id)
        earlier = _earlier(connection, subject)
        audit.write(
            connection,
            "material.viewed",
            actor=reviewer_id,
            submission_id=subject.id,
            correlation_id=subject.correlation_id,
            detail={"claim_id": str(claim_id), "materials": [str(each.id) for each in materials]},
        )
    log.info("case.viewed", submission_id=str(subject.id), reviewer=reviewer_id)
    facts = {fact for each in materials for item in each.checklist for fact in item.facts}
    return Case(
        claim=Claim(
            id=held.id,
            token=held.token,
            fence=held.fence,
            submission_id=subject.id,
            reviewer=reviewer_id,
            lease_until=held.lease_until,
        ),
        submission_id=subject.id,
        version=subject.version,
        kind=subject.kind,
        stage=subject.stage,
        identity=subject.identity,
        member_id=subject.member_id,
        member=subject.member,
        form=subject.form or {},
        due=due_view(subject),
        materials=materials,
        findings=findings,
        reasons=tuple(
            ReasonChoice(code=each.code, text=each.text) for each in policy.reasons_for(subject.kind).values()
        ),
        fact_types={fact: policy.facts[fact] for fact in sorted(facts)},
        current_avatar_url=avatar_url,
        earlier=earlier,
    )


def member_of(claim_id: UUID, *, reviewer_id: str, db: Database) -> str:
    """Whose case a claim is. Raises ClaimExpired, NotFound."""
    with db.read() as connection:
        held = live_claim(connection, claim_id, reviewer_id=reviewer_id)
        query = select(submission.c.member_id).where(submission.c.id == held.submission_id)
        return str(connection.execute(query).scalar_one())


def queue(*, db: Database) -> QueueView:
    """How many cases wait, are claimed and are overdue, by kind, and when the next one is due."""
    held = exists().where(
        claim.c.submission_id == submission.c.id,
        claim.c.state == "live",
        claim.c.lease_until > func.now(),
        ON_MEMBERS_CASES,
    )
    query = (
        select(
            submission.c.kind,
            func.count(case((~held, 1))).label("waiting"),
            func.count(case((held, 1))).label("claimed"),
            func.count(case((submission.c.due_at < func.now(), 1))).label("overdue"),
            func.min(submission.c.due_at).label("due_soonest_at"),
        )
        .where(submission.c.state == State.IN_REVIEW)
        .group_by(submission.c.kind)
        .order_by(submission.c.kind)
    )
    with db.read() as connection:
        rows = connection.execute(query).mappings().all()
    return QueueView(queues=tuple(QueueLine.model_validate(dict(row)) for row in rows))


def _files(connection: Connection, subject: Row[Any]) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """The case's files, and the renditions of all of them."""
    files = connection.execute(
        select(material).where(material.c.submission_id == subject.id).order_by(material.c.position)
    ).all()
    pages = connection.execute(
        select(rendition)
        .where(rendition.c.material_id.in_([each.id for each in files]))
        .order_by(rendition.c.page, rendition.c.purpose)
    ).all()
    return files, pages


def _material(
    file: Row[Any],
    subject: Row[Any],
    *,
    pages: Sequence[PageView],
    duplicates: tuple[DuplicateView, ...],
    policy: Policy,
) -> CaseMaterial:
    items = policy.checklist(kind=subject.kind, identity=subject.identity, material=file.kind)
    return CaseMaterial(
        id=file.id,
        kind=file.kind,
        title=policy.title(identity=subject.identity, material=file.kind),
        filename=file.filename,
        media_type=file.media_type,
        bytes=file.bytes,
        sha256=file.sha256,
        pages=tuple(pages),
        checklist=tuple(ChecklistView(code=item.code, text=item.text, facts=item.facts) for item in items),
        signals=file.signals or {},
        duplicates=duplicates,
    )


def _page(row: Row[Any], storage: Storage, policy: Policy) -> PageView:
    url = storage.presign_view(row.key, media_type=row.media_type, seconds=policy.review.view_url_seconds)
    return PageView(page=row.page, purpose=row.purpose, width=row.width, height=row.height, url=url)


def _earlier(connection: Connection, subject: Row[Any]) -> tuple[EarlierDecision, ...]:
    rows = connection.execute(
        select(decision, submission.c.kind, submission.c.stage)
        .join(submission, submission.c.id == decision.c.submission_id)
        .where(submission.c.member_id == subject.member_id, submission.c.id != subject.id, STANDING)
        .order_by(decision.c.id.desc())
        .limit(_EARLIER)
    )
    return tuple(
        EarlierDecision(
            submission_id=row.submission_id,
            kind=row.kind,
            stage=row.stage,
            verdict=row.verdict,
            reasons=tuple(row.reasons),
            decided_at=row.decided_at,
        )
        for row in rows
    )
