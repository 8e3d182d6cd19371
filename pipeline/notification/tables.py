from typing import Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    false,
    func,
    text,
)

from pipeline.kernel.database import JSON, Instant, metadata
from pipeline.kernel.encryption import SEALED

_WITH_WORDS: Final = "secret AND text <> ''"
SEALED_WORDS: Final = {**SEALED, "where": _WITH_WORDS}

mail: Final = Table(
    "mail",
    metadata,
    Column("cause_id", Uuid, primary_key=True),
    Column("submission_id", Uuid, ForeignKey("submission.id")),
    Column("member_id", Text),
    Column("template", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False, info=SEALED_WORDS),
    Column("html", Text, nullable=False, info=SEALED_WORDS),
    Column("message_id", Text, nullable=False, unique=True),
    Column("headers", JSON),
    Column("secret", Boolean, nullable=False, server_default=false()),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("ambiguous", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("frozen_at", Instant, nullable=False, server_default=func.now()),
    Column("sent_at", Instant),
    CheckConstraint(
        "state IN ('pending', 'sending', 'sent', 'unknown', 'withdrawn', 'suppressed', 'held')", name="known_state"
    ),
    Index("ix_mail_submission_id", "submission_id"),
    Index("ix_mail_member_id", "member_id"),
    Index("ix_mail_secret", "cause_id", postgresql_where=text(_WITH_WORDS)),
)

suppressed_address: Final = Table(
    "suppressed_address",
    metadata,
    Column("address", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("suppressed_at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("reason IN ('bounce', 'complaint')", name="known_reason"),
)


def place_of(cause_id: UUID) -> str:
    """The place for which the words of a secret mail are sealed."""
    return f"{mail.name}:{cause_id}"
