"""The audit, written, sealed and checked in tests."""

from collections.abc import Sequence

from pipeline.audit.checkpoints import publish
from pipeline.audit.faults import Fault
from pipeline.audit.record import write
from pipeline.audit.sealing import AuditSealer, unsealed_since
from pipeline.audit.verify import Verification
from pipeline.kernel.signing import Signer
from tests.support.desk import Desk
from tests.support.together import until


def recorded(desk: Desk, *events: str) -> None:
    """A row for each event, each in a transaction of its own, as most are."""
    for event in events:
        with desk.tools.db.begin() as connection:
            write(connection, event, actor="somebody", detail={"of": event, "member_id": "m-1"})


def sealed(desk: Desk, signer: Signer | None = None) -> None:
    """Seal all that was committed, as a relay that starts now."""
    sealer = AuditSealer(desk.tools.db, signer or desk.tools.audit_signer)
    until(lambda: _done(desk, sealer), seconds=30)


def sealed_one_by_one(desk: Desk, *events: str) -> None:
    """Each event in a seal of its own."""
    for event in events:
        recorded(desk, event)
        sealed(desk)


def checkpointed(desk: Desk) -> None:
    publish(desk.tools.db, desk.tools.storage)


def verification(desk: Desk) -> Verification:
    return Verification(desk.tools.db, desk.tools.storage, desk.tools.audit_trusted)


def faults(desk: Desk) -> Sequence[Fault]:
    return list(verification(desk).faults())


def named(desk: Desk) -> set[tuple[str, int | None]]:
    """What is wrong, by kind and row."""
    return {(fault.kind.value, fault.row_id) for fault in faults(desk)}


def kinds(desk: Desk) -> set[str]:
    return {fault.kind.value for fault in faults(desk)}


def ids(desk: Desk) -> list[int]:
    return [row[0] for row in desk.sql("SELECT id FROM audit ORDER BY xid, id")]


def _done(desk: Desk, sealer: AuditSealer) -> bool:
    sealer.seal()
    with desk.tools.db.read() as connection:
        return unsealed_since(connection) is None
