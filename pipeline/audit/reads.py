from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pipeline.audit.tally import write_once
from pipeline.kernel import clock
from pipeline.kernel.database import Database
from pipeline.kernel.rules.digests import member_digest

READ: Final = "member.read"
MOST_REMEMBERED: Final = 10_000


def member_read(
    db: Database,
    *,
    actor: str,
    route: str,
    member_id: str | None = None,
    submission_id: UUID | None = None,
    correlation_id: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Record that personal data of a member was read, once a minute for each reader, route and member."""
    member = None if member_id is None else member_digest(member_id)
    whose = {} if member is None else {"member": member}
    with db.begin() as connection:
        write_once(
            connection,
            READ,
            actor=actor,
            subject=f"{route} {member or submission_id or ''} {dict(detail or {})}",
            submission_id=submission_id,
            correlation_id=correlation_id,
            detail={"route": route, **whose, **(detail or {})},
        )


class MemberReads:
    """The reads of one process: what it has recorded in this minute it does not ask the database about again."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen: dict[tuple[str, str, object], int] = {}

    def record(
        self, *, actor: str, route: str, member_id: str | None, submission_id: UUID | None, correlation_id: str
    ) -> None:
        """Record a read before it is answered. Raises DatabaseUnavailable: what cannot be recorded is not read."""
        minute = int(clock.now().timestamp()) // 60
        what = (actor, route, submission_id or member_id)
        if self._seen.get(what) == minute:
            return
        ids = {"member_id": member_id, "submission_id": submission_id}
        member_read(self._db, actor=actor, route=route, correlation_id=correlation_id, **ids)  # type: ignore[arg-type]
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen.clear()
        self._seen[what] = minute
