"""`Idempotency-Key`: the same key and body give the first answer again; the same key with another body is an error."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Index, Table, Text, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import JSON, Database, Instant, metadata
from pipeline.kernel.database_errors import as_json
from pipeline.kernel.errors import IdempotencyKeyReused

idempotency: Final = Table(
    "idempotency",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("answer", JSON),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Index("ix_idempotency_created_at", "created_at"),
)

_FIRST: Final = insert(idempotency).on_conflict_do_nothing().returning(idempotency.c.key)
_REMEMBER: Final = update(idempotency).where(
    idempotency.c.owner == bindparam("of"), idempotency.c.key == bindparam("with_key")
)


@dataclass(frozen=True, slots=True)
class Once:
    """A request that must take effect once: who asks (`owner`), their key, which operation, and a digest of what was sent.

    `of_validated` is the digest that the versions before 0.2 kept: of the body as it was validated, with the defaults of that version.
    Their rows count until they are forgotten. So do rows of the same request that were kept for `owners_before`.
    """

    owner: str
    key: str
    operation: str
    fingerprint: str
    of_validated: str | None = None
    owners_before: tuple[str, ...] = ()

    def is_that(self, fingerprint: str) -> bool:
        """Whether a request with this fingerprint was the same one."""
        return fingerprint in (self.fingerprint, self.of_validated)


def once(*, owner: str, key: str, operation: str, sent: object, validated: object = None) -> Once:
    """The request's identity. Raises Invalid for what cannot be kept.

    `sent` is the JSON value that the caller sent, so that neither white space nor order matters, nor which version of ours reads it: a
    retry after an upgrade that added a field with a default is the same request. `validated` is the body after validation.
    """
    of_validated = as_json([operation, sent if validated is None else validated], sort_keys=True)
    of_sent = json.dumps(["sent", operation, sent], sort_keys=True, separators=(",", ":"), default=str)
    return Once(owner, key, operation, _digest(of_sent), _digest(of_validated))


def _digest(written: str) -> str:
    return hashlib.sha256(written.encode()).hexdigest()


def earlier_answer(connection: Connection, request: Once | None) -> Mapping[str, Any] | None:
    """The answer that this key got before, or None where this is the first time; then `remember` must follow.

    Two at once: the second waits here until the first has committed. Raises IdempotencyKeyReused.
    """
    if request is None:
        return None
    row = {name: getattr(request, name) for name in ("owner", "key", "operation", "fingerprint")}
    if connection.execute(_FIRST, row).first() is not None:
        return _answer_before(connection, request)
    known = connection.execute(select(idempotency).where(*_is(request))).one()
    if not request.is_that(known.fingerprint):
        raise IdempotencyKeyReused(
            f"The idempotency key {request.key!r} was used before for another request. Use a new key for a new request."
        )
    answer: Mapping[str, Any] = known.answer
    return answer


def _answer_before(connection: Connection, request: Once) -> Mapping[str, Any] | None:
    """The answer that an owner of before got for the same request, which is kept for the present owner from then on."""
    if not request.owners_before:
        return None
    found = connection.execute(select(idempotency).where(_was(request), idempotency.c.answer.is_not(None))).all()
    for row in found:
        if request.is_that(row.fingerprint):
            remember(connection, request, row.answer)
            answer: Mapping[str, Any] = row.answer
            return answer
    return None


def was_seen(db: Database, request: Once | None) -> bool:
    """Whether a request with this key has been answered, so that a repetition costs no new work. Raises DatabaseUnavailable."""
    if request is None:
        return False
    with db.read() as connection:
        known = connection.execute(select(idempotency.c.key).where(or_(and_(*_is(request)), _was(request))))
        return known.first() is not None


def remember(connection: Connection, request: Once | None, answer: Mapping[str, Any]) -> None:
    """Keep the answer for the next time that this key comes, in the same transaction as its effect."""
    if request is not None:
        answered = {"of": request.owner, "with_key": request.key, "answer": dict(answer)}
        connection.execute(_REMEMBER, answered)


def _was(request: Once) -> ColumnElement[bool]:
    owners = idempotency.c.owner.in_(request.owners_before)
    return and_(owners, idempotency.c.key == request.key, idempotency.c.operation == request.operation)


def _is(request: Once) -> tuple[Any, Any]:
    return idempotency.c.owner == request.owner, idempotency.c.key == request.key
