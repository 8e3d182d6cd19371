"""Members who are being erased, and members whose data a legal hold keeps. Time is the database's."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Identity,
    Index,
    Row,
    Table,
    Text,
    Uuid,
    exists,
    func,
    select,
    text,
)

from pipeline.kernel.database import JSON, Instant, metadata
from pipeline.kernel.errors import MemberErased
from pipeline.kernel.rules.digests import member_digest

erasure: Final = Table(
    "erasure",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_digest", Text, nullable=False),
    Column("member_id", Text),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Instant, nullable=False, server_default=func.now()),
    Column("deadline_at", Instant, nullable=False),
    Column("quiet_at", Instant, nullable=False),
    Column("counts", JSON, nullable=False, server_default="{}"),
    Column("steps", JSON, nullable=False, server_default="{}"),
    Column("receipt", JSON),
    Column("finished_at", Instant),
    Index("uq_erasure_open", "member_digest", unique=True, postgresql_where=text("finished_at IS NULL")),
    Index("ix_erasure_member_digest", "member_digest", "asked_at"),
)
"""`member_id` stays until the erasure has finished, and only the digest after that. From `quiet_at` on nobody can write an object for the
member any more: every lease of a worker and every upload link of theirs has run out."""

erased_object: Final = Table(
    "erased_object",
    metadata,
    Column("erasure_id", Uuid, ForeignKey("erasure.id", ondelete="CASCADE"), primary_key=True),
    Column("bucket", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("deleted_at", Instant),
    Index("ix_erased_object_left", "erasure_id", postgresql_where=text("deleted_at IS NULL")),
    Index("ix_erased_object_key", "key", postgresql_where=text("deleted_at IS NULL")),
)
"""The objects that an erasure deletes. Their rows go when it has finished."""

held_row: Final = Table(
    "held_row",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("erasure_id", Uuid, ForeignKey("erasure.id", ondelete="CASCADE"), nullable=False),
    Column("place", Text, nullable=False),
    Column("content", JSON, nullable=False),
    Index("ix_held_row_erasure_id", "erasure_id"),
)
"""What an erasure took off every page while a legal hold asks to keep it. No page and no route reads it; it goes with the hold."""

hold: Final = Table(
    "member_hold",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", Instant, nullable=False, server_default=func.now()),
    Index("ix_member_hold_until", "until"),
)

TOMBSTONE: Final = "erased/"
"""Begins the id of an erased member's rows. No member has such an id: an id holds no stroke."""


def tombstone(erasure_id: object) -> str:
    """The id of the rows that stay for the counts."""
    return f"{TOMBSTONE}{erasure_id}"


def lock_name(member_id: str) -> str:
    """The advisory lock that an erasure takes alone, and everybody who writes for the member shares."""
    return f"present:{member_id}"


def is_shown(member_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a row is no tombstone, by the column with its member's id."""
    return ~member_id.startswith(TOMBSTONE)


def is_held(member_id: Any) -> ColumnElement[bool]:
    """Whether a legal hold keeps this member's data; `member_id` is a value or a column."""
    return exists().where(hold.c.member_id == member_id, hold.c.until > func.now())


def held(connection: Connection, member_id: str) -> bool:
    """Whether a legal hold keeps this member's data now."""
    return bool(connection.execute(select(is_held(member_id))).scalar_one())


def open_erasure(connection: Connection, member_id: str) -> Row[Any] | None:
    """The member's erasure that has not finished."""
    theirs = (erasure.c.member_digest == member_digest(member_id), erasure.c.finished_at.is_(None))
    return connection.execute(select(erasure).where(*theirs)).one_or_none()


def refuse_erased(connection: Connection, member_id: str) -> None:
    """Raises MemberErased while the member is being erased. The caller holds the member's lock."""
    if open_erasure(connection, member_id) is not None:
        raise MemberErased(
            "This member is being erased. Once that has finished, the id may be used for a new member: ask for it at"
            " GET /v1/members/{id}/erasure."
        )


def require_present(connection: Connection, member_id: str) -> None:
    """Keep an erasure of the member waiting until this transaction ends. Raises MemberErased where one is under way."""
    lock = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:what, 0))")
    connection.execute(lock, {"what": lock_name(member_id)})
    refuse_erased(connection, member_id)
