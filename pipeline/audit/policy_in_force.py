from sqlalchemy import Text, literal_column, select

from pipeline.audit.record import write
from pipeline.audit.tables import POLICY_EVENT, audit
from pipeline.kernel.database import Database, one_at_a_time


def put_in_force(version: str, *, process: str, db: Database) -> bool:
    """Record the policy by which a process works, unless it is the one that was recorded last. Returns whether it was recorded.

    `version` names the policy's edition and the digest of its text. Raises DatabaseUnavailable.
    """
    last = (
        select(audit.c.detail["policy"].astext)
        .where(audit.c.event == literal_column(f"'{POLICY_EVENT}'", Text))
        .order_by(audit.c.id.desc())
    )
    with db.begin() as connection:
        if connection.execute(last.limit(1)).scalar() == version:
            return False
        one_at_a_time(connection, POLICY_EVENT)
        if connection.execute(last.limit(1)).scalar() == version:
            return False
        write(connection, POLICY_EVENT, actor=process, detail={"policy": version})
    return True
