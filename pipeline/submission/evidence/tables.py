"""What a member gives in place of files: a tax number, or an address to which a code is sent. And what became of it."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, Uuid, text

from pipeline.kernel.database import JSON, Instant, metadata

tax_number: Final = Table(
    "tax_number",
    metadata,
    Column("submission_id", Uuid, ForeignKey("submission.id"), primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("written", Text, nullable=False),
    Column("number", Text),
    Column("register", JSON),
    Index("ix_tax_number_number", "country", "number", postgresql_where=text("number IS NOT NULL")),
)
"""`number` is the one way in which it is kept, or null where it cannot be one; `register` is what a register said, if it was asked."""

business_email: Final = Table(
    "business_email",
    metadata,
    Column("submission_id", Uuid, ForeignKey("submission.id"), primary_key=True),
    Column("address", Text, nullable=False),
    Column("site_matches", Text),
    Column("code_hash", Text),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("codes", Integer, nullable=False, server_default="1"),
    Column("code_asked_at", Instant, nullable=False),
    Column("codes_since", Instant, nullable=False),
    Column("codes_today", Integer, nullable=False, server_default="1"),
    Column("code_sent_at", Instant),
    Column("code_expires_at", Instant),
    CheckConstraint("(code_sent_at IS NULL) = (code_expires_at IS NULL)", name="expires_once_sent"),
)
"""`codes` numbers the code that is meant now; its hash is null until it was made, its times until the mail server took it."""
