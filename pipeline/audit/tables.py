from typing import Final

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.kernel.database import JSON, Instant, metadata

POLICY_EVENT: Final = "policy.put_in_force"

audit: Final = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Column("xid", BigInteger, nullable=False, server_default=text("(pg_current_xact_id()::text)::bigint")),
    Column("submission_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("version", Integer),
    Column("detail", JSON, nullable=False),
    Column("correlation_id", Text),
    Index("ix_audit_submission", "submission_id", "id"),
    Index("ix_audit_order", "xid", "id"),
    Index("ix_audit_at", "at", postgresql_using="brin"),
    Index("ix_audit_member", text("(detail ->> 'member')"), "id", postgresql_where=text("detail ? 'member'")),
    Index("ix_audit_policy", "id", postgresql_where=text(f"event = '{POLICY_EVENT}'")),
)
"""`xid` is the transaction that wrote the row: rows are sealed in the order (xid, id), which no late commit can change."""

audit_seal: Final = Table(
    "audit_seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("floor_id", BigInteger, nullable=False),
    Column("top_id", BigInteger, nullable=False),
    Column("last_xid", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("ids", ARRAY(BigInteger), nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("key", Text, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
"""A seal covers the rows after the seal before it, up to (`last_xid`, `last_id`): their ids and digests (32 bytes each) in order.

`head` is the chain's value after it, `rows` how many rows are sealed so far, `top_id` the greatest id among them. Rows with an id up to
`floor_id` are of an earlier cluster of PostgreSQL, which numbered its transactions otherwise: the database was restored since.
"""

audit_tally: Final = Table(
    "audit_tally",
    metadata,
    Column("minute", Instant, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("actor", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("detail", JSON, nullable=False),
)
"""What happened often within a minute, and is written to the record once: in front of it, so that nobody can fill it."""
