from typing import Final

from sqlalchemy import text

from pipeline.kernel.database import Database
from pipeline.migrations.roles import RECORD, SCHEMA

_ASKED: Final = text(
    f"""
    SELECT current_user AS role,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
           (SELECT count(*) FROM pg_class
             WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind IN ('r', 'p')
               AND pg_has_role(current_user, relowner, 'MEMBER')) AS owned,
           has_schema_privilege(current_user, '{SCHEMA}', 'CREATE') AS makes_tables,
           ARRAY(SELECT relname::text FROM pg_class
                  WHERE relnamespace = '{SCHEMA}'::regnamespace AND relname = ANY(:record)
                    AND has_table_privilege(current_user, oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                  ORDER BY relname) AS changed
    """  # noqa: S608  (names of our own)
)


def role_faults(db: Database) -> tuple[str, list[str]]:
    """The role by which `db` connects, and what it may do that the application must not; nothing where all is well."""
    with db.read() as connection:
        found = connection.execute(_ASKED, {"record": list(RECORD)}).one()
    faults = [
        "is a superuser" if found.is_superuser else "",
        f"owns {found.owned} tables" if found.owned else "",
        "may make tables" if found.makes_tables else "",
        f"may change {' and '.join(found.changed)}" if found.changed else "",
    ]
    return found.role, [fault for fault in faults if fault]
