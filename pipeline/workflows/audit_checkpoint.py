import structlog

from pipeline.audit.checkpoints import publish
from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task

log = structlog.get_logger()


def checkpoint(task: Task, *, db: Database, storage: Storage) -> None:
    """Put what the latest seal of the audit says into the object store."""
    said = publish(db, storage)
    with db.begin() as connection:
        ledger.finish(connection, task)
    if said is not None:
        log.info("audit.checkpointed", seal=said.number, rows=said.rows)
