from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, select

from pipeline.submission.tables import finding, material
from schemas.submissions import DueView, FindingView

_FINDINGS: Final = (
    select(finding, material.c.kind.label("material"))
    .join(material, material.c.id == finding.c.material_id)
    .where(finding.c.submission_id.in_(bindparam("ids", expanding=True)))
    .order_by(finding.c.submission_id, material.c.position, finding.c.id)
)


def findings_of(connection: Connection, submission_id: UUID) -> tuple[FindingView, ...]:
    """What inspection found, in the order of the files."""
    return findings_of_each(connection, [submission_id]).get(submission_id, ())


def findings_of_each(connection: Connection, submission_ids: Sequence[UUID]) -> Mapping[UUID, tuple[FindingView, ...]]:
    """The same of many, by submission; those without findings are left out."""
    rows = connection.execute(_FINDINGS, {"ids": submission_ids})
    return {
        submission_id: tuple(
            FindingView(
                code=row.code, severity=row.severity, message=row.message, material=row.material, detail=row.detail
            )
            for row in found
        )
        for submission_id, found in groupby(rows, key=lambda row: row.submission_id)
    }


def due_view(row: Row[Any]) -> DueView:
    """When a submission is due and why."""
    return DueView(promise_at=row.due_at, target_at=row.target_at, why=row.due_rule["sentence"], rule=row.due_rule)
