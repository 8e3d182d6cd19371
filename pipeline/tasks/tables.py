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
    Index("ix_task_kind_due", "kind", "due_at", postgresql_where=text("state = 'ready'")),
    Index(
        "ix_task_stalled",
        text("split_part(last_error, ':', 1)"),
        postgresql_where=text("state = 'ready' AND waits > 0"),
    ),
    Index("ix_task_lease", "id", postgresql_where=text("state = 'running'")),
    Index("ix_task_parked", "id", postgresql_where=text("state = 'parked'")),
    Index("ix_task_ended_at", "ended_at", postgresql_where=text("state = 'done'")),
)
"""A page has room for rows to be changed in place (HOT): a renewed lease, a hint and a note of what failed touch no index. That a task
begins and ends does, since the partial indexes are the queue. So `ix_task_lease` has no `lease_until`: the tasks that run are few."""

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
