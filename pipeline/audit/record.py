from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Text, insert, literal_column, select

from pipeline.audit.tables import POLICY_EVENT, audit
from pipeline.kernel import credentials
from pipeline.kernel.database import Database, one_at_a_time


def with_credential(detail: Mapping[str, object] | None) -> dict[str, object]:
    """The detail with the credential of the present request, where there is one."""
    used = credentials.present()
    return {**(detail or {}), **({"credential": used.shown()} if used is not None else {})}


SYSTEM: Final = "system"
"""The actor where no person and no key stands behind it: one of our own processes."""


def write(
    connection: Connection,
    event: str,
    *,
    actor: str,
    submission_id: UUID | None = None,
    correlation_id: str | None = None,
    detail: Mapping[str, object] | None = None,
    move: tuple[str | None, str, int] | None = None,
) -> None:
    """Add one row to the record. `event` is `noun.verbed`; `move` is (from, to, version after).

    `detail` has ids, codes, numbers and digests, never a name, an address or a text: the record outlives an erasure. The detail also has
    the credential by which the present request acts.
    """
    from_state, to_state, version = move or (None, None, None)
    row = {
        "event": event,
        "actor": actor,
        "submission_id": submission_id,
        "correlation_id": correlation_id,
        "detail": with_credential(detail),
        "from_state": from_state,
        "to_state": to_state,
        "version": version,
    }
    connection.execute(insert(audit).inline(), row)


def put_in_force(version: str, *, process: str, db: Database) -> bool:
    """Record the policy by which a process works, unless it is the one that was recorded last. Returns whether it was recorded.

    `version` names the policy's edition and the digest of its text. Raises DatabaseUnavailable.
    """
    last = (
        select(audit.c.detail["policy"].astext)
        .where(audit.c.event == literal_column(f"'{POLICY_EVENT}'", Text))
        .order_by(audit.c.id.desc())
    )
    with db.begin() as connection:
        if connection.execute(last.limit(1)).scalar() == version:
            return False
        one_at_a_time(connection, POLICY_EVENT)
        if connection.execute(last.limit(1)).scalar() == version:
            return False
        write(connection, POLICY_EVENT, actor=process, detail={"policy": version})
    return True
