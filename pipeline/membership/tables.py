from typing import Final

from sqlalchemy import Column, Index, Integer, Table, Text, Uuid, func

from pipeline.database import JSON, metadata
from pipeline.tables import Instant

membership: Final = Table(
    "membership",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("level", Text, nullable=False),
    Column("benefits", JSON, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("updated_at", Instant, nullable=False, server_default=func.now()),
)

unlocked_stage: Final = Table(
    "unlocked_stage",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("cause_id", Uuid, nullable=False, unique=True),
    Column("unlocked_at", Instant, nullable=False, server_default=func.now()),
)

level_change: Final = Table(
    "level_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("from_level", Text, nullable=False),
    Column("to_level", Text, nullable=False),
    Column("benefits", JSON, nullable=False),
    Column("cause_id", Uuid, nullable=False, unique=True),
    Column("policy_version", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Index("ix_level_change_member", "member_id", "id"),
)
