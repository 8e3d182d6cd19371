from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select

from pipeline.inspection.fingerprints import exact, near
from pipeline.submission.tables import material, submission
from schemas.cases import DuplicateView

PHOTOGRAPHS: Final = frozenset({"avatar", "store_photo"})
"""Where looking alike says something: pages of one printed form always do."""


def duplicates_of(connection: Connection, file: Row[Any], *, member_id: str) -> tuple[DuplicateView, ...]:
    """The same bytes first, then pictures within a few bits of the perceptual hash, the nearest first."""
    if file.sha256 is None:
        return ()
    distances: dict[UUID, int] = {}
    phash = (file.signals or {}).get("fingerprint")
    if file.kind in PHOTOGRAPHS and phash:
        distances |= {found.material_id: found.distance for found in near(connection, phash, member_id=member_id)}
    same = {found.material_id for found in exact(connection, file.sha256, member_id=member_id)}
    return _views(_found(connection, [*same, *distances]), same, distances)


def _found(connection: Connection, material_ids: Sequence[UUID]) -> Sequence[Any]:
    if not material_ids:
        return ()
    columns = (material.c.id, material.c.submission_id, submission.c.member_id)
    return connection.execute(
        select(*columns)
        .join(submission, submission.c.id == material.c.submission_id)
        .where(material.c.id.in_(material_ids))
    ).all()


def _views(rows: Sequence[Any], same: set[UUID], distances: Mapping[UUID, int]) -> tuple[DuplicateView, ...]:
    views = [
        DuplicateView(
            submission_id=row.submission_id,
            member_id=row.member_id,
            exact=row.id in same,
            distance=0 if row.id in same else distances[row.id],
        )
        for row in rows
    ]
    return tuple(sorted(views, key=lambda view: (not view.exact, view.distance, str(view.submission_id))))
