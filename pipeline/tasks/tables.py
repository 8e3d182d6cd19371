from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, func, text

from pipeline.kernel.database import JSON, Instant, metadata

task: Final = Table(
    "task",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("ref_id", Text, nullable=False),
    Column("dedup_key", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False, server_default="ready"),
    Column("due_at", Instant, nullable=False, server_default=func.now()),
    Column("hinted_at", Instant),
    Column("lease_until", Instant),
    Column("process_id", Uuid),
    Column("token", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("waits", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("trace", Text, nullable=False),
    Column("payload", JSON),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    CheckConstraint("state IN ('ready', 'running', 'done', 'parked')", name="known_state"),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="running_has_lease"),
    Index("ix_task_due", "due_at", postgresql_where=text("state = 'ready'")),
    Index("ix_task_lease", "lease_until", postgresql_where=text("state = 'running'")),
    Index("ix_task_parked", "id", postgresql_where=text("state = 'parked'")),
    Index("ix_task_ended_at", "ended_at", postgresql_where=text("state = 'done'")),
)

worker_process: Final = Table(
    "worker_process",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("beats", BigInteger, nullable=False, server_default="0"),
    Column("started_at", Instant, nullable=False, server_default=func.now()),
    Column("beat_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    postgresql_with={"fillfactor": "50"},
)
"""A worker process, and how often it gave a sign of life. It has ended once it stopped or counts as dead."""

schedule_run: Final = Table(
    "schedule_run",
    metadata,
    Column("name", Text, primary_key=True),
    Column("run_at", Instant, primary_key=True),
)
