from typing import Final

from sqlalchemy import BigInteger, Column, Table, Text, Uuid, func

from pipeline.kernel.database import Instant, metadata

avatar: Final = Table(
    "avatar",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("submission_id", Uuid, nullable=False, unique=True),
    Column("sequence", BigInteger, nullable=False),
    Column("large_key", Text, nullable=False, index=True),
    Column("small_key", Text, nullable=False, index=True),
    Column("sha256", Text, nullable=False),
    Column("published_at", Instant, nullable=False, server_default=func.now()),
)
