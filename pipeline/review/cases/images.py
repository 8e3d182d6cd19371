from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, select

from pipeline.access.staff.relations import related_members
from pipeline.kernel.errors import NotFound
from pipeline.kernel.storage import Storage
from pipeline.review.claims.context import DuplicatesOf, ReviewContext
from pipeline.review.claims.lookup import case_of_claim, live_claim, require_open
from pipeline.submission import audit
from pipeline.submission.tables import material, rendition, submission

Purpose = Literal["large", "small"]


def page_of(
    claim_id: UUID,
    material_id: UUID,
    *,
    page: int,
    purpose: Purpose,
    reviewer_id: str,
    context: ReviewContext,
) -> bytes:
    """One page of a case that the reviewer has claimed, as JPEG. Opening a large one is audited. Raises ClaimExpired, NotFound."""
    with context.db.begin() as connection:
        claimed = _claimed(connection, claim_id, reviewer_id)
        row = _rendition(connection, claimed.submission_id, material_id, page, purpose)
        if purpose == "large":
            seen = {"claim_id": str(claim_id), "material_id": str(material_id), "page": page}
            _audit(connection, "material.opened", claimed.submission_id, reviewer_id, seen)
    return _bytes(context.storage, row.key)


def beside(claim_id: UUID, other_id: UUID, *, reviewer_id: str, context: ReviewContext) -> bytes:
    """The first page of another submission, to compare with a case: of the same member, or one that looks alike. Audited.

    Raises ClaimExpired, NotFound.
    """
    with context.db.begin() as connection:
        claimed = _claimed(connection, claim_id, reviewer_id)
        of_related = _member_of(connection, other_id) in related_members(connection, reviewer_id)
        if of_related or not _may_compare(connection, claimed.submission_id, other_id, context.duplicates_of):
            raise NotFound("This picture does not belong beside this case.")
        row = connection.execute(
            select(rendition)
            .join(material, material.c.id == rendition.c.material_id)
            .where(material.c.submission_id == other_id, rendition.c.purpose == "large")
            .order_by(material.c.position, rendition.c.page)
            .limit(1)
        ).one_or_none()
        if row is None:
            raise NotFound("Nothing is kept of that submission that could be shown.")
        _audit(connection, "material.compared", other_id, reviewer_id, {"claim_id": str(claim_id)})
    return _bytes(context.storage, row.key)


def _claimed(connection: Connection, claim_id: UUID, reviewer_id: str) -> Row[Any]:
    """The live claim on a case that is in review still: a picture is there for who has the case, and ends with that."""
    claimed = live_claim(connection, claim_id, reviewer_id=reviewer_id)
    require_open(connection, case_of_claim(connection, claim_id, reviewer_id))
    return claimed


def _rendition(connection: Connection, submission_id: UUID, material_id: UUID, page: int, purpose: Purpose) -> Row[Any]:
    row = connection.execute(
        select(rendition)
        .join(material, material.c.id == rendition.c.material_id)
        .where(
            material.c.submission_id == submission_id,
            rendition.c.material_id == material_id,
            rendition.c.page == page,
            rendition.c.purpose == purpose,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("This case has no such page.")
    return row


def _member_of(connection: Connection, submission_id: UUID) -> str | None:
    return connection.execute(
        select(submission.c.member_id).where(submission.c.id == submission_id)
    ).scalar_one_or_none()


def _may_compare(connection: Connection, submission_id: UUID, other_id: UUID, duplicates_of: DuplicatesOf) -> bool:
    """Whether the other one is the same member's, or a duplicate of a file of this case."""
    rows = connection.execute(
        select(submission.c.id, submission.c.member_id).where(submission.c.id.in_((submission_id, other_id)))
    )
    members = {row.id: row.member_id for row in rows}
    if members.get(other_id) == members[submission_id]:
        return True
    files = connection.execute(select(material).where(material.c.submission_id == submission_id)).all()
    alike = (duplicates_of(connection, each, member_id=members[submission_id]) for each in files)
    return any(found.submission_id == other_id for several in alike for found in several)


def _audit(
    connection: Connection, event: str, submission_id: UUID, reviewer_id: str, detail: dict[str, object]
) -> None:
    trace = connection.execute(select(submission.c.correlation_id).where(submission.c.id == submission_id)).scalar_one()
    audit.write(connection, event, actor=reviewer_id, submission_id=submission_id, correlation_id=trace, detail=detail)


def _bytes(storage: Storage, key: str) -> bytes:
    body = storage.read(storage.vault, key)
    if body is None:
        raise NotFound("The picture is not kept any more.")
    return body
