"""The policies under which submissions were accepted. Their texts are kept, so that a case is decided by its own (docs/adr/0024)."""

from collections.abc import Iterable, Mapping
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy import Column, Connection, Table, Text, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Database, Instant, metadata
from pipeline.policy import Policy
from pipeline.policy.cases import rules_in, text_of, under
from pipeline.policy.ladder import Stage

log = structlog.get_logger()

policy_text: Final = Table(
    "policy_text",
    metadata,
    Column("version", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("kept_at", Instant, nullable=False, server_default=func.now()),
)
"""A row for each version that ever was in force, as JSON. A version names its content, so a row never changes."""


class PolicyKeeper:
    """Keeps the text of a process's policy before the process accepts anything under it."""

    def __init__(self, policy: Policy, db: Database) -> None:
        self._policy, self._db, self._kept = policy, db, False

    def __call__(self) -> None:
        """Keep the text, once for each process. Raises DatabaseUnavailable."""
        if self._kept:
            return
        row = {"version": self._policy.version, "content": text_of(self._policy)}
        with self._db.begin() as connection:
            connection.execute(insert(policy_text).values(row).on_conflict_do_nothing())
        self._kept = True


def policy_of(connection: Connection, version: str, *, present: Policy) -> Policy:
    """The policy for a case that was accepted under `version`. It is the present one where the text of that version was never kept."""
    return policies_of(connection, [version], present=present)[version]


def policies_of(connection: Connection, versions: Iterable[str], *, present: Policy) -> Mapping[str, Policy]:
    """The same for several versions."""
    found = dict.fromkeys(versions, present)
    earlier = [version for version in found if version != present.version]
    if earlier:
        query = select(policy_text.c.version, policy_text.c.content).where(policy_text.c.version.in_(earlier))
        for row in connection.execute(query):
            found[row.version] = _under(row.version, row.content, present)
    return found


def stage_of(connection: Connection, name: str, version: str, *, present: Policy) -> Stage:
    """The stage as the present policy has it, else as the policy `version` had it, else with its name as its title."""
    known = present.stage(name) or policy_of(connection, version, present=present).stage(name)
    return known or Stage(stage=name, title=name, unlocked_by=(), benefits=())


def _under(version: str, content: str, present: Policy) -> Policy:
    try:
        return under(rules_in(content), present)
    except ValidationError as error:
        log.error("policy.unreadable", policy=version, problems=error.error_count())  # noqa: TRY400  (its values are no news)
        return present
