from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid, func

from pipeline.kernel.database import Instant, metadata

upload_slot: Final = Table(
    "upload_slot",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("expires_at", Instant, nullable=False),
    Index("ix_upload_slot_expires_at", "expires_at"),
)
