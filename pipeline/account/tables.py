from typing import Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, func

from pipeline.kernel.database import JSON, Instant, metadata

account_section: Final = Table(
    "account_section",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("section", Text, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

confirmed_email: Final = Table(
    "confirmed_email",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("confirmed_at", Instant, nullable=False),
)

email_code: Final = Table(
    "email_code",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("hashed", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("sent_at", Instant, nullable=False),
    Column("day_began_at", Instant, nullable=False),
    Column("sent_count", Integer, nullable=False),
    Column("mail_id", Uuid),
    Column("earlier_hashed", Text),
    Column("earlier_expires_at", Instant),
    Column("earlier_tries", Integer, nullable=False, server_default="0"),
    CheckConstraint("(earlier_hashed IS NULL) = (earlier_expires_at IS NULL)", name="whole_earlier_code"),
)
"""The code that was asked for last, and the last one before it whose mail has left: it holds until the newer mail leaves. `expires_at` is
the end of a code whose mail left when it was asked for; a later mail moves it."""

subscription: Final = Table(
    "subscription",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("subscribed", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
)

points_account: Final = Table(
    "points_account",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("balance", BigInteger, nullable=False, server_default="0"),
    Column("entries", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", Instant, nullable=False, server_default=func.now()),
)

points_entry: Final = Table(
    "points_entry",
    metadata,
    Column("member_id", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("balance_after", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("quantity", Integer),
    Column("reason", Text),
    Column("corrects", BigInteger),
    Column("source", Text),
    Column("source_id", Text),
    Column("actor", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
    CheckConstraint("type IN ('earning', 'redemption', 'correction', 'penalty')", name="known_type"),
    CheckConstraint("type <> 'redemption' OR balance_after >= 0", name="redeemed_from_what_there_is"),
    CheckConstraint("(source IS NULL) = (source_id IS NULL)", name="whole_source"),
    Index("uq_points_entry_source", "source", "source_id", unique=True),
)
