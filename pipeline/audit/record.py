from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, insert

from pipeline.audit.tables import audit
from pipeline.kernel import credentials


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
