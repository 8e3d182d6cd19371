from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    exists,
    func,
    literal,
    or_,
)

from pipeline.kernel.database import Instant, metadata
from pipeline.kernel.encryption import SEALED

second_factor: Final = Table(
    "second_factor",
    metadata,
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), primary_key=True),
    Column("totp", Text, info=SEALED),
    Column("totp_step", BigInteger),
    Column("totp_at", Instant),
    Column("totp_offered", Text, info=SEALED),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("paused_until", Instant),
)
"""A person's authenticator app: its sealed secret, the step of the last code that was used, and a secret that was offered and not
confirmed yet. `failed` are wrong codes in a row, of all factors."""

passkey: Final = Table(
    "passkey",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("credential_id", Text, nullable=False, unique=True),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_at", Instant, nullable=False, server_default=func.now()),
    Column("used_at", Instant),
    Index("ix_passkey_reviewer", "reviewer_id"),
)

recovery_code: Final = Table(
    "recovery_code",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("code_sha256", Text, nullable=False),
    Column("used_at", Instant),
    Index("uq_recovery_code", "reviewer_id", "code_sha256", unique=True),
)

second_step: Final = Table(
    "second_step",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("reviewer_id", Text, ForeignKey("reviewer.id"), nullable=False),
    Column("proof", Text, nullable=False),
    Column("user_agent", Text),
    Column("address", Text),
    Column("expires_at", Instant, nullable=False),
    Index("ix_second_step_expires_at", "expires_at"),
)
"""A browser whose person has shown the first factor and not yet the second: it is not signed in."""

challenge: Final = Table(
    "passkey_challenge",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("challenge", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_passkey_challenge_expires_at", "expires_at"),
)
"""What a passkey is to sign, for one session or second step and one purpose; it is used once."""


def has_factor(reviewer_id: ColumnElement[str] | str) -> ColumnElement[bool]:
    """Whether somebody has a second factor, in a query."""
    app = exists(literal(1)).where(second_factor.c.reviewer_id == reviewer_id, second_factor.c.totp.is_not(None))
    return or_(app, exists(literal(1)).where(passkey.c.reviewer_id == reviewer_id))
