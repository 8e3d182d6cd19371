"""The endpoints of other services: add, list, rotate the secret, remove; `resume` and `replay` are in `resend.py`."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, func, insert, select, true, update

from pipeline.audit.record import SYSTEM, write
from pipeline.events.tables import delivery, endpoint
from pipeline.events.webhooks.resend import replay, required, resume
from pipeline.events.webhooks.rules import SECRET_BYTES, SECRETS_AT_ONCE, address_problem, place_of, rotated, secret_of
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer, is_sealed
from pipeline.kernel.errors import Conflict, Invalid, Problem
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.ownership.rules import EVERYTHING, Reach
from pipeline.ownership.tables import within
from schemas.events import EndpointRequest, EndpointSecret, EndpointView

__all__ = ["add", "list_endpoints", "remove", "replay", "resume", "rotate", "seal_clear"]

log = structlog.get_logger()


class TooManySecrets(Conflict):
    """The endpoint has as many valid secrets as it may have."""

    code = "too_many_secrets"


class SecretReplaced(Conflict):
    """A repeated request asks for a secret that was replaced since and has ended."""

    code = "secret_replaced"


def add(
    request: EndpointRequest,
    *,
    actor: str = SYSTEM,
    db: Database,
    sealer: Sealer,
    reach: Reach = EVERYTHING,
    once: Once | None = None,
) -> EndpointSecret:
    """Add an endpoint. It gets the events in this reach from now on; a replay sends earlier ones. Raises Invalid."""
    if (problem := address_problem(request.url)) is not None:
        raise Invalid([Problem("url", "unusable_address", problem)])
    endpoint_id = new_id()
    whose = {"service": reach.service, "members_prefix": reach.prefix}
    row = {"id": endpoint_id, "url": request.url, "types": list(request.types), **whose}
    secret, kept = _new_secret(endpoint_id, sealer)
    made = EndpointSecret(endpoint_id=endpoint_id, secret=secret)
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, once)) is not None:
            return _given_before(connection, earlier, sealer, reach)
        connection.execute(insert(endpoint).values(**row, secrets=[{**kept, "until": None}]))
        _record(connection, "webhook.added", endpoint_id, actor, types=row["types"])
        remember(connection, once, _without_secret(made, kept))
    log.info("webhook.added", endpoint_id=str(endpoint_id))
    return made


def list_endpoints(*, db: Database, reach: Reach = EVERYTHING) -> list[EndpointView]:
    """The endpoints in this reach, the oldest first, with how many deliveries of each are pending, and since when."""
    oldest = func.min(delivery.c.begun_at).filter(delivery.c.begun_at <= func.now())
    waits = (
        select(func.count().label("pending"), oldest.label("waiting_since"))
        .where(delivery.c.endpoint_id == endpoint.c.id, delivery.c.state == "pending")
        .lateral("waits")
    )
    query = select(endpoint, waits).select_from(endpoint.join(waits, true())).where(*_in(reach)).order_by(endpoint.c.id)
    with db.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [EndpointView.model_validate({name: row[name] for name in EndpointView.model_fields}) for row in rows]


def rotate(
    endpoint_id: UUID,
    *,
    now: datetime,
    overlap_hours: int,
    actor: str = SYSTEM,
    db: Database,
    sealer: Sealer,
    reach: Reach = EVERYTHING,
    once: Once | None = None,
) -> EndpointSecret:
    """Give it a new secret. During the overlap the present one signs too, so that no check fails meanwhile.

    One that was replaced before signs until the end that it was given. Raises NotFound, TooManySecrets, or SecretReplaced for a repeated
    request whose secret has ended since.
    """
    overlap = timedelta(hours=overlap_hours)
    secret, fresh = _new_secret(endpoint_id, sealer)
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, once)) is not None:
            return _given_before(connection, earlier, sealer, reach)
        row = required(connection, endpoint_id, reach)
        changed = rotated(row.secrets, fresh, now=now, overlap=overlap)
        if len(changed) > SECRETS_AT_ONCE:
            raise TooManySecrets(
                f"{SECRETS_AT_ONCE} secrets are valid. Rotate again when one has ended: {_first_end(changed)}."
            )
        connection.execute(update(endpoint).where(endpoint.c.id == endpoint_id).values(secrets=changed))
        _record(connection, "webhook.rotated", endpoint_id, actor)
        made = EndpointSecret(endpoint_id=endpoint_id, secret=secret, previous_valid_until=now + overlap)
        remember(connection, once, _without_secret(made, fresh))
    log.info("webhook.rotated", endpoint_id=str(endpoint_id))
    return made


def remove(endpoint_id: UUID, *, actor: str = SYSTEM, db: Database, reach: Reach = EVERYTHING) -> None:
    """Remove an endpoint: from now on nothing is sent to it. Its deliveries are deleted in batches. Raises NotFound."""
    with db.begin() as connection:
        required(connection, endpoint_id, reach)
        gone: dict[str, Any] = {"state": "removed", "secrets": [], "sender_id": None}
        connection.execute(update(endpoint).where(endpoint.c.id == endpoint_id).values(**gone))
        _record(connection, "webhook.removed", endpoint_id, actor)
    log.info("webhook.removed", endpoint_id=str(endpoint_id))


def seal_clear(*, db: Database, sealer: Sealer) -> int:
    """Seal the secrets of endpoints that an earlier version kept in clear. Returns of how many endpoints. Safe to repeat."""
    with db.begin() as connection:
        rows = connection.execute(select(endpoint.c.id, endpoint.c.secrets).with_for_update(key_share=True)).all()
        clear = [row for row in rows if not all(is_sealed(each["secret"]) for each in row.secrets)]
        for row in clear:
            sealed = [{**each, "secret": _sealed_once(each["secret"], row.id, sealer)} for each in row.secrets]
            connection.execute(update(endpoint).where(endpoint.c.id == row.id).values(secrets=sealed))
    return len(clear)


def _sealed_once(secret: str, endpoint_id: UUID, sealer: Sealer) -> str:
    return secret if is_sealed(secret) else sealer.seal(secret, place=place_of(endpoint_id))


def _record(connection: Connection, event: str, endpoint_id: UUID, actor: str, **more: object) -> None:
    """Who did it. The address is left out: it may carry what is secret."""
    write(connection, event, actor=actor, detail={"endpoint_id": str(endpoint_id), **more})


def _new_secret(endpoint_id: UUID, sealer: Sealer) -> tuple[str, dict[str, Any]]:
    """A secret, and how it is kept: sealed, and under an id by which a repeated request finds it."""
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    return secret, {"id": str(new_id()), "secret": sealer.seal(secret, place=place_of(endpoint_id))}


def _without_secret(made: EndpointSecret, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered of an answer. The secret is in one place only."""
    return {**made.model_dump(mode="json", exclude={"secret"}), "secret_id": kept["id"]}


def _given_before(connection: Connection, earlier: Mapping[str, Any], sealer: Sealer, reach: Reach) -> EndpointSecret:
    row = required(connection, UUID(earlier["endpoint_id"]), reach)
    found = [each["secret"] for each in row.secrets if each.get("id") == earlier["secret_id"]]
    if not found:
        raise SecretReplaced(
            "The secret of this request was replaced since, and is not valid any more. Rotate with a new key."
        )
    told = {name: earlier[name] for name in ("endpoint_id", "previous_valid_until")}
    return EndpointSecret(**told, secret=sealer.open(found[0], place=place_of(row.id)))


def _first_end(kept: Sequence[Mapping[str, Any]]) -> str:
    return min(str(each["until"]) for each in kept if each["until"] is not None)


def _in(reach: Reach) -> tuple[ColumnElement[bool], ...]:
    mine = within(reach, service=endpoint.c.service, member=endpoint.c.members_prefix)
    return *mine, endpoint.c.state != "removed"
