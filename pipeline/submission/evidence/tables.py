"""The business address of a submission and its code. `pipeline/verification` alone writes here; membership reads when a code expires."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text, Uuid

from pipeline.kernel.database import Instant, metadata

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
"""`codes` is the number of the valid code. Its hash is null until it was made, its times until the mail server accepted it."""
