from typing import Literal

import structlog
from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Database, took_effect
from pipeline.kernel.errors import NotFound
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.notification.tables import suppressed_address
from pipeline.submission import audit
from schemas.mail_address import NoMailAddress, ascii_domain_address

log = structlog.get_logger()

Reason = Literal["bounce", "complaint"]


def suppress(
    addresses: tuple[str, ...], *, reason: Reason, source: str, db: Database, request: Once | None = None
) -> int:
    """Send nothing to these addresses from now on; how many are new to us. The first reason of an address stays."""
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return int(earlier["suppressed"])
        rows = [{"address": _key(each), "reason": reason, "source": source} for each in addresses]
        fresh = sum(
            took_effect(connection, insert(suppressed_address).values(row).on_conflict_do_nothing()) for row in rows
        )
        if fresh:
            detail = {"reason": reason, "addresses": fresh}
            audit.write(connection, "address.suppressed", actor=source, detail=detail)
        remember(connection, request, {"suppressed": fresh})
    log.info("address.suppressed", reason=reason, source=source, addresses=fresh)
    return fresh


def lift(address: str, *, actor: str, db: Database) -> None:
    """Send to the address again. Raises NotFound."""
    with db.begin() as connection:
        lifted = connection.execute(delete(suppressed_address).where(suppressed_address.c.address.in_(_keys(address))))
        if lifted.rowcount == 0:
            raise NotFound("This address is not suppressed.")
        audit.write(connection, "address.lifted", actor=actor)
    log.info("address.lifted")


def is_suppressed(address: str, *, db: Database) -> bool:
    """Whether nothing is sent to the address."""
    with db.read() as connection:
        return takes_no_mail(connection, address)


def takes_no_mail(connection: Connection, address: str) -> bool:
    """Whether nothing is sent to the address, for a mail that is about to be written."""
    found = exists().where(suppressed_address.c.address.in_(_keys(address)))
    return bool(connection.execute(select(found)).scalar_one())


def _key(address: str) -> str:
    """One spelling for what providers take as one mailbox: in small letters, its domain in ASCII."""
    plain = address.strip().casefold()
    try:
        return ascii_domain_address(plain)
    except NoMailAddress:
        return plain


def _keys(address: str) -> frozenset[str]:
    """The spelling, and the one of earlier releases."""
    return frozenset({_key(address), address.strip().casefold()})
