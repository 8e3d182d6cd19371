from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.kernel.database import Instant, metadata
from pipeline.kernel.encryption import SEALED

reviewer: Final = Table(
    "reviewer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("roles", ARRAY(Text), nullable=False, server_default="{reviewer}"),
    Column("languages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("related_members", ARRAY(Text), nullable=False, server_default="{}"),
    Column("related_companies", ARRAY(Text), nullable=False, server_default="{}"),
    Column("theme", Text, nullable=False, server_default="auto"),
    Column("timezone", Text),
    Column("disabled_at", Instant),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
)

password: Final = Table(
    "password",
    metadata,
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), primary_key=True),
    Column("hashed", Text, nullable=False),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
)

session: Final = Table(
    "session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("proof", Text, nullable=False),
    Column("factor", Text),
    Column("user_agent", Text),
    Column("address", Text),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("proved_at", Instant, nullable=False, server_default=func.now()),
    Column("seen_at", Instant, nullable=False, server_default=func.now()),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_session_open", "reviewer_id", postgresql_where=text("ended_at IS NULL")),
    Index("ix_session_expires_at", "expires_at"),
)
"""One browser that is signed in. `proof` says by what (a password, an invitation or an identity provider), `factor` by which second
factor, and `proved_at` when the person last showed both."""

invitation: Final = Table(
    "invitation",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False, unique=True),
    Column("invited_by", Text),
    Column("expires_at", Instant, nullable=False),
)
"""A link with which a person chooses their password. There is one for each person at most; it goes when it was used."""

sign_in_tries: Final = Table(
    "sign_in_tries",
    metadata,
    Column("whose", Text, primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("paused_until", Instant, nullable=False),
    Index("ix_sign_in_tries_last_at", "last_at"),
)
"""Failed tries in a row, of an account or from an address; `whose` is a hash of it, whether there is such an account or not."""

provider_identity: Final = Table(
    "provider_identity",
    metadata,
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("linked_at", Instant, nullable=False, server_default=func.now()),
    Index("uq_provider_identity_subject", "issuer", "subject", unique=True),
)
"""Who a person is at the identity provider, from their first sign-in there on."""

provider_visit: Final = Table(
    "provider_visit",
    metadata,
    Column("state_sha256", Text, primary_key=True),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False, info=SEALED),
    Column("page", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_provider_visit_expires_at", "expires_at"),
)
"""A browser that was sent to the identity provider and has not come back."""

opening: Final = Table(
    "account_opening",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Column("closed_by", Text),
    Column("closed_at", Instant),
    CheckConstraint("how IN ('invitation', 'password', 'second_factor')", name="known_way"),
    CheckConstraint("(closed_by IS NULL) = (closed_at IS NULL)", name="closed_by_somebody"),
    Index("ix_account_opening_open", "reviewer_id", postgresql_where=text("closed_at IS NULL")),
)
"""Somebody made a way into another person's account: a link, a password, or the end of a second factor. It is closed when a third person
has confirmed who has the account, or when the person has replaced a password that was typed for them."""
