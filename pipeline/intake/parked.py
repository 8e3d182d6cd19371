import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.rules.keys import service_problem
from pipeline.intake.accept import IntakeContext, accept
from pipeline.intake.records import Door
from pipeline.kernel.database import Database, storable, took_effect
from pipeline.kernel.errors import Invalid, MemberErased, PermanentError, Problem
from pipeline.kernel.idempotency import once
from pipeline.kernel.ids import new_id
from pipeline.kernel.validation import parse_submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.operate import DISMISSED, digest_of
from pipeline.tasks.rules import ACCEPT, TaskState
from pipeline.tasks.tables import task as task_table
from schemas.submissions import Accepted

log = structlog.get_logger()

OWNER: Final = "queue"
_KEPT_LENGTH: Final = 10_000


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """A message of the queue door: the submission as plain data, and the keys that make it unique and traceable.

    `service` is the service that sent it, whose the idempotency key is. None: the one that owns the member.
    """

    submission: object
    idempotency_key: str
    correlation_id: str
    service: object = None

    def as_payload(self) -> dict[str, Any]:
        """The message as JSON, to be parked."""
        keys = {"idempotency_key": self.idempotency_key, "correlation_id": self.correlation_id}
        named = {} if self.service is None else {"service": self.service}
        return {"submission": self.submission, **keys, **named}

    @property
    def parked_as(self) -> str:
        """The name under which its duplicates are parked once."""
        return self.idempotency_key if self.service is None else f"{self.service}:{self.idempotency_key}"


def accept_message(message: QueueMessage, *, now: datetime, context: IntakeContext) -> Accepted | None:
    """Accept a message. One that can never be accepted is parked with its reason and gives None. Raises RetryableError.

    One for a member who is being erased is dropped: what is parked is kept.
    """
    try:
        return _accept(message, now=now, context=context)
    except MemberErased:
        log.warning("message.dropped", reason=MemberErased.code)
        return None
    except PermanentError as error:
        park_message(message.as_payload(), reason=reason_of(error), dedup=message.parked_as, db=context.db)
        return None


def accept_parked(task: Task, *, now: datetime, context: IntakeContext) -> None:
    """Try a parked message again when an operator asks. Raises PermanentError, by which it is parked again."""
    payload = task.payload or {}
    if "submission" not in payload:
        raise Invalid([Problem("", "invalid_json", "The message has no readable submission. Send it again.")])
    keys = (payload["idempotency_key"], payload["correlation_id"], payload.get("service"))
    message = QueueMessage(payload["submission"], *keys)
    _accept(message, now=now, context=context)
    with context.db.begin() as connection:
        ledger.finish(connection, task)


def park_message(
    payload: Mapping[str, Any], *, reason: str, dedup: str, db: Database, by_content: bool = False
) -> None:
    """Park a message that cannot be accepted, with the reason, for an operator. Duplicates are parked once.

    Another message under the key of one that was parked before is parked beside it: it is no duplicate. With `by_content` the key is a
    digest of the message, so that there is no other one under it.
    """
    dedup = storable(dedup)
    row = {
        "id": new_id(),
        "kind": ACCEPT.name,
        "ref_id": dedup,
        "dedup_key": f"{ACCEPT.name}:{dedup}",
        "state": TaskState.PARKED,
        "last_error": storable(reason),
        "trace": storable(str(payload.get("correlation_id", dedup))),
        "payload": _storable(payload),
        "ended_at": func.now(),
    }
    with db.begin() as connection:
        if (first := _parked_before(connection, row)) is not None and not by_content:
            reason = f"{reason} Another message with this key was parked before, as task {first}."
            beside = {"dedup_key": f"{row['dedup_key']}:{digest_of(payload)}", "last_error": storable(reason)}
            _parked_before(connection, {**row, **beside})
    log.error("message.parked", reason=reason, key=dedup)


def _parked_before(connection: Connection, row: dict[str, Any]) -> UUID | None:
    """Park it. The task of another message that has its key, where there is one: then it is not parked; else None."""
    if took_effect(connection, insert(task_table).values(row).on_conflict_do_nothing(index_elements=["dedup_key"])):
        return None
    known = connection.execute(select(task_table).where(task_table.c.dedup_key == row["dedup_key"])).one()
    if known.payload.get(DISMISSED) == digest_of(row["payload"]):
        return None
    return None if known.payload == row["payload"] and "raw" not in row["payload"] else known.id


def park_bytes(raw: bytes, *, reason: str, db: Database) -> None:
    """Park what is no readable message, as text."""
    digest = hashlib.sha256(raw).hexdigest()
    park_message(
        {"raw": storable(raw.decode(errors="replace"))[:_KEPT_LENGTH]},
        reason=reason,
        dedup=digest,
        db=db,
        by_content=True,
    )


def _storable(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as JSON that PostgreSQL can store, else as text."""
    try:
        written = orjson.dumps(payload)
    except (TypeError, ValueError):
        written = b""
    if written and b"\\u0000" not in written:
        return dict(payload)
    return {"raw": storable(json.dumps(payload, default=repr))[:_KEPT_LENGTH]}


def reason_of(error: PermanentError) -> str:
    """The code and every problem of an error, in one line."""
    if isinstance(error, Invalid):
        listed = "; ".join(f"{problem.path} {problem.code}: {problem.message}" for problem in error.problems)
        return f"{error.code}: {listed}"
    return f"{error.code}: {error}"


def _accept(message: QueueMessage, *, now: datetime, context: IntakeContext) -> Accepted:
    command = parse_submission(message.submission)
    body = command.model_dump(mode="json")
    key, sent, service = message.idempotency_key, message.submission, _service(message.service)
    request = once(owner=service or OWNER, key=key, operation="submissions.accept", sent=sent, validated=body)
    door = Door("queue", OWNER, message.correlation_id, service)
    return accept(command, door=door, now=now, context=context, request=request)


def _service(named: object) -> str | None:
    """The service that a message names. Raises Invalid for what is no service's name."""
    if named is None:
        return None
    if problem := service_problem(named if isinstance(named, str) else ""):
        raise Invalid([problem])
    return str(named)
