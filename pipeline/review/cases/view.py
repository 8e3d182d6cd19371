from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, select

from pipeline.access.staff.relations import related_members
from pipeline.policy import Policy, Reason
from pipeline.policy.ladder import Identity, Stage
from pipeline.review.cases.links import CaseLinks, links_of
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import as_claim
from pipeline.review.claims.lookup import allowed_with, case_of_claim, live_claim
from pipeline.review.tables import OPINION_STANDING, escalation, opinion
from pipeline.submission import audit
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.lifecycle import Queue
from pipeline.submission.profile import has_profile
from pipeline.submission.queries import due_view, findings_of
from pipeline.submission.tables import STANDING, decision, material, rendition, submission
from schemas.cases import (
    Case,
    CaseMaterial,
    ChecklistView,
    DuplicateView,
    EarlierDecision,
    EscalationView,
    OpinionView,
    PageView,
    ReasonChoice,
)
from schemas.claims import OfferView

log = structlog.get_logger()

_EARLIER: Final = 20
_BOTH: Final = 2


def case_of(claim_id: UUID, *, reviewer_id: str, now: datetime, context: ReviewContext) -> Case:
    """The case that a reviewer has claimed, with links to its renditions that end with the claim. Each look is audited.

    Raises ClaimExpired, NotFound.
    """
    with context.db.begin() as connection:
        claimed = live_claim(connection, claim_id, reviewer_id=reviewer_id)
        subject = case_of_claim(connection, claim_id, reviewer_id)
        policy = policy_of(connection, subject.policy_version, present=context.policy)
        files = _files(connection, subject)
        hidden = related_members(connection, reviewer_id)
        links = links_of(connection, claim_id, reviewer_id, now=now, context=context)
        pages = _pages(connection, files, links)
        likenesses = _likenesses(connection, subject, files, context, hidden)
        materials = tuple(
            _material(file, subject, pages=pages[file.id], duplicates=likenesses[file.id], policy=policy)
            for file in files
        )
        findings = findings_of(connection, subject.id)
        earlier = _earlier(connection, subject)
        opinions = _opinions(connection, subject)
        escalations = _escalations(connection, subject)
        audit.write(
            connection,
            "material.viewed",
            actor=reviewer_id,
            submission_id=subject.id,
            correlation_id=subject.correlation_id,
            detail={"claim_id": str(claim_id), "materials": [str(each.id) for each in materials]},
        )
    log.info("case.viewed", submission_id=str(subject.id), reviewer=reviewer_id)
    profile = has_profile(subject.member)
    facts = {fact for each in materials for item in each.checklist for fact in item.facts}
    return Case(
        claim=as_claim(claimed),
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
        reasons=_choices(policy.reasons_for(kind=subject.kind, verdict="reject", profile=profile)),
        better_file_reasons=_choices(policy.reasons_for(kind=subject.kind, verdict="better_file", profile=profile)),
        queue=subject.queue,
        language=subject.language,
        allowed_actions=allowed_with(subject, files),
        opinions=opinions,
        escalations=escalations,
        offer=OfferView(reviewer=claimed.offered_by, note=claimed.offer_note) if claimed.offered_by else None,
        fact_types={fact: policy.facts[fact] for fact in sorted(facts)},
        stage_title=_title(policy.stage(subject.stage)) if subject.stage else None,
        identity_title=_title(policy.identities.get(subject.identity)) if subject.identity else None,
        current_avatar_url=None,
        earlier=earlier,
    )


def _title(known: Stage | Identity | None) -> str | None:
    return known.title if known else None


def _choices(reasons: Mapping[str, Reason]) -> tuple[ReasonChoice, ...]:
    return tuple(ReasonChoice(code=each.code, text=each.text) for each in reasons.values())


def _files(connection: Connection, subject: Row[Any]) -> Sequence[Row[Any]]:
    query = select(material).where(material.c.submission_id == subject.id)
    return connection.execute(query.order_by(material.c.position)).all()


def _pages(connection: Connection, files: Sequence[Row[Any]], links: CaseLinks) -> Mapping[UUID, tuple[PageView, ...]]:
    """The pages of each file."""
    rows = connection.execute(
        select(rendition)
        .where(rendition.c.material_id.in_([each.id for each in files]))
        .order_by(rendition.c.page, rendition.c.purpose)
    ).all()
    return {file.id: tuple(_page(row, links) for row in rows if row.material_id == file.id) for file in files}


def _likenesses(
    connection: Connection,
    subject: Row[Any],
    files: Sequence[Row[Any]],
    context: ReviewContext,
    hidden: Collection[str],
) -> Mapping[UUID, tuple[DuplicateView, ...]]:
    """What looks like each file, without that of a member of `hidden`."""
    found = {file.id: context.duplicates_of(connection, file, member_id=subject.member_id) for file in files}
    return {file: tuple(like for like in likes if like.member_id not in hidden) for file, likes in found.items()}


def _material(
    file: Row[Any],
    subject: Row[Any],
    *,
    pages: tuple[PageView, ...],
    duplicates: tuple[DuplicateView, ...],
    policy: Policy,
) -> CaseMaterial:
    items = policy.checklist(
        kind=subject.kind, identity=subject.identity, material=file.kind, profile=has_profile(subject.member)
    )
    return CaseMaterial(
        id=file.id,
        kind=file.kind,
        title=policy.title(identity=subject.identity, material=file.kind),
        filename=file.filename,
        media_type=file.media_type,
        bytes=file.bytes,
        sha256=file.sha256,
        pages=pages,
        checklist=tuple(ChecklistView(code=item.code, text=item.text, facts=item.facts) for item in items),
        signals=file.signals or {},
        duplicates=duplicates,
        covered=file.kind in policy.console.blurred,
        screenshot=file.kind in policy.console.screenshots,
    )


def _page(row: Row[Any], links: CaseLinks) -> PageView:
    url = links.page(row.material_id, row.page, row.purpose)
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


def _opinions(connection: Connection, subject: Row[Any]) -> tuple[OpinionView, ...]:
    """Both opinions where two people disagree; none while there is one only, which the second person must not know."""
    if subject.check_id is not None:
        return ()
    query = select(opinion).where(opinion.c.submission_id == subject.id, OPINION_STANDING)
    rows = connection.execute(query.order_by(opinion.c.id)).all()
    if len(rows) < _BOTH:
        return ()
    shown = [name for name in OpinionView.model_fields if name != "reviewer"]
    return tuple(OpinionView(reviewer=row.reviewer_id, **{name: getattr(row, name) for name in shown}) for row in rows)


def _escalations(connection: Connection, subject: Row[Any]) -> tuple[EscalationView, ...]:
    """Why the case was passed on to the seniors, for them."""
    if subject.queue != Queue.SENIOR:
        return ()
    query = select(escalation).where(escalation.c.submission_id == subject.id)
    rows = connection.execute(query.order_by(escalation.c.at))
    return tuple(EscalationView(reviewer=row.reviewer_id, note=row.note, at=row.at) for row in rows)
