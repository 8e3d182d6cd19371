"""What a reviewer sees of the case that they hold."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, select

from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy, Reason
from pipeline.review.claims.grant import allowed_with, as_claim
from pipeline.review.claims.lookup import LIVE, case_of_claim, explain, live_claim
from pipeline.review.decisions.four_eyes import escalations_shown, opinions_shown
from pipeline.review.tables import claim
from pipeline.submission import audit
from pipeline.submission.queries import due_view, findings_of
from pipeline.submission.tables import STANDING, decision, material, rendition, submission
from schemas.cases import Case, CaseMaterial, ChecklistView, DuplicateView, EarlierDecision, PageView, ReasonChoice
from schemas.claims import OfferView
from schemas.members import AvatarView

log = structlog.get_logger()

_EARLIER: Final = 20


DuplicatesOf = Callable[..., tuple[DuplicateView, ...]]
"""`(connection, file, *, member_id)`: files of other members that are the same or look like it."""


def case_of(
    claim_id: UUID,
    *,
    reviewer_id: str,
    avatar: AvatarView | None,
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
        subject = case_of_claim(connection, claim_id, reviewer_id)
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
        allowed = allowed_with(subject, files)
        opinions = opinions_shown(connection, subject.id) if subject.check_id is None else ()
        escalations = escalations_shown(connection, subject)
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
        claim=as_claim(held),
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
        reasons=_choices(policy.reasons_for(kind=subject.kind, verdict="reject")),
        better_file_reasons=_choices(policy.reasons_for(kind=subject.kind, verdict="better_file")),
        queue=subject.queue,
        language=subject.language,
        allowed_actions=tuple(allowed),
        opinions=opinions,
        escalations=escalations,
        offer=OfferView(reviewer=held.offered_by, note=held.offer_note) if held.offered_by else None,
        fact_types={fact: policy.facts[fact] for fact in sorted(facts)},
        current_avatar_url=avatar.large_url if avatar else None,
        current_avatar_id=avatar.submission_id if avatar else None,
        earlier=earlier,
    )


def whose(claim_id: UUID, *, reviewer_id: str, db: Database) -> tuple[str, UUID | None]:
    """The member whose case a live claim is, and the check's id where the look is blind. Raises ClaimExpired, NotFound."""
    theirs = (claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    query = select(submission.c.member_id, claim.c.check_id).join(claim, claim.c.submission_id == submission.c.id)
    with db.read() as connection:
        row = connection.execute(query.where(*theirs, LIVE)).one_or_none()
        if row is None:
            explain(connection, claim_id, reviewer_id)
    return row.member_id, row.check_id


def _choices(reasons: Mapping[str, Reason]) -> tuple[ReasonChoice, ...]:
    return tuple(ReasonChoice(code=each.code, text=each.text) for each in reasons.values())


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
