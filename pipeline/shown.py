"""What several readers show of a submission: its findings, and when it is due."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from pipeline.tables import finding, material
from schemas.submissions import DueView, FindingView


def findings_of(connection: Connection, submission_id: UUID) -> tuple[FindingView, ...]:
    """What inspection found, in the order of the files."""
    rows = connection.execute(
        select(finding, material.c.kind.label("material"))
        .join(material, material.c.id == finding.c.material_id)
        .where(finding.c.submission_id == submission_id)
        .order_by(material.c.position, finding.c.id)
    )
    return tuple(
        FindingView(code=row.code, severity=row.severity, message=row.message, material=row.material, detail=row.detail)
        for row in rows
    )


def due_view(row: Row[Any]) -> DueView:
    """When a submission is due and why."""
    return DueView(promise_at=row.due_at, target_at=row.target_at, why=row.due_rule["sentence"], rule=row.due_rule)
