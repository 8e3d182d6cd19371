import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.audit.record import SYSTEM, write
from pipeline.events.outbound import delivery_ref
from pipeline.events.tables import delivery, endpoint, event
from pipeline.events.webhooks.rules import SECRET_BYTES, address_problem, place_of, rotated, secret_of
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer, is_sealed
from pipeline.kernel.errors import AlreadyThere, Invalid, NotFound, Problem
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.ownership.rules import EVERYTHING, Reach
from pipeline.ownership.tables import within
from pipeline.tasks import ledger
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest, EndpointSecret, EndpointView, ReplayRequest

log = structlog.get_logger()


def add(
    request: EndpointRequest, *, actor: str = SYSTEM, db: Database, sealer: Sealer, reach: Reach = EVERYTHING
) -> EndpointSecret:
    """Add an endpoint. It gets the events in this reach from now on; a replay sends earlier ones. Raises Invalid."""
    if (problem := address_problem(request.url)) is not None:
        raise Invalid([Problem("url", "unusable_address", problem)])
    endpoint_id = new_id()
    whose = {"service": reach.service, "members_prefix": reach.prefix}
    row = {"id": endpoint_id, "url": request.url, "types": list(request.types), **whose}
    secret = _new_secret()
    sealed = sealer.seal(secret, place=place_of(endpoint_id))
    with db.begin() as connection:
        connection.execute(insert(endpoint).values(**row, secrets=[{"secret": sealed, "until": None}]))
        _record(connection, "webhook.added", endpoint_id, actor, types=row["types"])
    log.info("webhook.added", endpoint_id=str(endpoint_id))
    return EndpointSecret(endpoint_id=endpoint_id, secret=secret)


def list_endpoints(*, db: Database, reach: Reach = EVERYTHING) -> list[EndpointView]:
    """The endpoints in this reach, the oldest first, with how many deliveries of each are pending."""
    pending = (
        select(func.count())
        .where(delivery.c.endpoint_id == endpoint.c.id, delivery.c.state == "pending")
        .scalar_subquery()
    )
    with db.read() as connection:
        query = select(endpoint, pending.label("pending")).where(*_in(reach)).order_by(endpoint.c.id)
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
) -> EndpointSecret:
    """Give it a new secret. During the overlap the present one signs too, so that no check fails meanwhile. Raises NotFound."""
    overlap = timedelta(hours=overlap_hours)
    secret = _new_secret()
    sealed = sealer.seal(secret, place=place_of(endpoint_id))
    with db.begin() as connection:
        row = _locked(connection, endpoint_id, reach)
        changed = rotated(row.secrets, sealed, now=now, overlap=overlap)
        connection.execute(update(endpoint).where(endpoint.c.id == endpoint_id).values(secrets=changed))
        _record(connection, "webhook.rotated", endpoint_id, actor)
    log.info("webhook.rotated", endpoint_id=str(endpoint_id))
    return EndpointSecret(endpoint_id=endpoint_id, secret=secret, previous_valid_until=now + overlap)


def resume(endpoint_id: UUID, *, now: datetime, actor: str = SYSTEM, db: Database, reach: Reach = EVERYTHING) -> int:
    """Activate a paused endpoint and send what is pending, in order. Returns how many events. Raises NotFound, AlreadyThere."""
    with db.begin() as connection:
        if _locked(connection, endpoint_id, reach).state == "active":
            raise AlreadyThere("The endpoint is active already.")
        fresh = {"state": "active", "paused_because": None, "failing_since": None}
        connection.execute(update(endpoint).where(endpoint.c.id == endpoint_id).values(fresh))
        count = _send(connection, endpoint_id, _pending(connection, endpoint_id), now=now)
        _record(connection, "webhook.resumed", endpoint_id, actor, events=count)
    log.info("webhook.resumed", endpoint_id=str(endpoint_id), events=count)
    return count


def replay(
    endpoint_id: UUID,
    request: ReplayRequest,
    *,
    now: datetime,
    actor: str = SYSTEM,
    db: Database,
    reach: Reach = EVERYTHING,
) -> int:
    """Send events again, delivered ones too. Returns how many. Raises NotFound, Invalid."""
    if request.since is None and not request.event_ids:
        raise Invalid([Problem("since", "missing_field", "Say which: since a time, or by event_ids.")])
    with db.begin() as connection:
        row = _locked(connection, endpoint_id, reach)
        events = _requested(connection, request, row)
        for each in events:
            pending = {
                "event_id": each.id,
                "endpoint_id": endpoint_id,
                "member_id": each.member_id,
                "sequence": each.sequence,
            }
            connection.execute(upsert(delivery).values(pending).on_conflict_do_nothing())
        ids = [each.id for each in events]
        again = {"state": "pending", "delivered_at": None}
        of = (delivery.c.endpoint_id == endpoint_id, delivery.c.event_id.in_(ids))
        connection.execute(update(delivery).where(*of).values(again))
        if row.state == "active":
            _send(connection, endpoint_id, ids, now=now)
        of_member = {"member": member_digest(request.member_id)} if request.member_id is not None else {}
        _record(connection, "webhook.replayed", endpoint_id, actor, events=len(ids), **of_member)
    log.info("webhook.replayed", endpoint_id=str(endpoint_id), events=len(ids))
    return len(ids)


def remove(endpoint_id: UUID, *, actor: str = SYSTEM, db: Database, reach: Reach = EVERYTHING) -> None:
    """Delete an endpoint and its deliveries. Raises NotFound."""
    with db.begin() as connection:
        _locked(connection, endpoint_id, reach)
        connection.execute(delete(endpoint).where(endpoint.c.id == endpoint_id))
        _record(connection, "webhook.removed", endpoint_id, actor)
    log.info("webhook.removed", endpoint_id=str(endpoint_id))


def seal_clear(*, db: Database, sealer: Sealer) -> int:
    """Seal the secrets of endpoints that an earlier version kept in clear. Returns of how many endpoints. Safe to repeat."""
    with db.begin() as connection:
        rows = connection.execute(select(endpoint.c.id, endpoint.c.secrets).with_for_update()).all()
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


def _new_secret() -> str:
    return secret_of(secrets.token_bytes(SECRET_BYTES))


def _in(reach: Reach) -> tuple[ColumnElement[bool], ...]:
    return within(reach, service=endpoint.c.service, member=endpoint.c.members_prefix)


def _locked(connection: Connection, endpoint_id: UUID, reach: Reach) -> Row[Any]:
    mine = select(endpoint).where(endpoint.c.id == endpoint_id, *_in(reach)).with_for_update()
    row = connection.execute(mine).one_or_none()
    if row is None:
        raise NotFound(f"There is no endpoint {endpoint_id}.")
    return row


def _pending(connection: Connection, endpoint_id: UUID) -> Sequence[UUID]:
    of = (delivery.c.endpoint_id == endpoint_id, delivery.c.state == "pending")
    return connection.execute(select(delivery.c.event_id).where(*of).order_by(delivery.c.sequence)).scalars().all()


def _requested(connection: Connection, request: ReplayRequest, to: Row[Any]) -> Sequence[Row[Any, Any, Any]]:
    """The requested events, of those that this endpoint gets."""
    gets = within(Reach(to.service, to.members_prefix), service=event.c.service, member=event.c.member_id)
    query = select(event.c.id, event.c.member_id, event.c.sequence).where(event.c.at <= func.now(), *gets)
    if to.types:
        query = query.where(event.c.type.in_(to.types))
    if request.since is not None:
        query = query.where(event.c.at >= request.since)
    if request.event_ids:
        query = query.where(event.c.id.in_(request.event_ids))
    if request.member_id is not None:
        query = query.where(event.c.member_id == request.member_id)
    return connection.execute(query.order_by(event.c.sequence)).all()


def _send(connection: Connection, endpoint_id: UUID, events: Sequence[UUID], *, now: datetime) -> int:
    """Record a task for each delivery, in a new round: a task is recorded once per round, and those of earlier rounds have ended."""
    of = (delivery.c.endpoint_id == endpoint_id, delivery.c.event_id.in_(events))
    begun = update(delivery).where(*of).values(round=delivery.c.round + 1, begun_at=now)
    rounds = connection.execute(begun.returning(delivery.c.event_id, delivery.c.round)).all()
    for row in rounds:
        ref = delivery_ref(row.event_id, endpoint_id)
        key = f"{DELIVER_EVENT.name}:{ref}:{row.round}"
        ledger.record(connection, DELIVER_EVENT, ref, trace=f"webhook:{endpoint_id}", dedup_key=key)
    return len(rounds)
