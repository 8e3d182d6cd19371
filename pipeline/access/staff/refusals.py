"""Failed sign-ins in the record: who, and from where, without keeping an address or what a stranger typed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import select

from pipeline.access.staff.tables import reviewer
from pipeline.audit.keys import Digests
from pipeline.audit.tally import write_counted
from pipeline.kernel.database import Database, storable
from pipeline.kernel.errors import PermanentError
from pipeline.kernel.rules.networks import network_of

REFUSED: Final = "sign_in.refused"
NOBODY: Final = "nobody"
"""The actor of a try with a name that nobody has. Such names are not kept: people type passwords there."""
MOST_A_MINUTE: Final = 50


@contextmanager
def recorded_refusal(name: str, address: str, *, db: Database, digests: Digests | None) -> Iterator[None]:
    """Record the refusal of a sign-in, once a minute for each account and network, with their number when the minute has ended."""
    try:
        yield
    except PermanentError as error:
        _record(name, address, error.code, db, digests)
        raise


def _record(name: str, address: str, code: str, db: Database, digests: Digests | None) -> None:
    where = digests.of(network_of(address)) if digests is not None else "unknown"
    with db.begin() as connection:
        known = connection.execute(select(reviewer.c.id).where(reviewer.c.id == storable(name.strip()))).scalar()
        detail = {"from": where, "code": code}
        write_counted(
            connection, REFUSED, actor=known or NOBODY, subject=f"{where} {code}", most=MOST_A_MINUTE, detail=detail
        )
