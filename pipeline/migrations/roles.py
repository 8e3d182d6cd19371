"""Roles of the database: the owner migrates; the application changes rows but not the record; the reader only reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import psycopg
from sqlalchemy import Connection, Engine, make_url, text

from pipeline.kernel.errors import Misconfigured
from pipeline.migrations.upgrade import LOCK

SCHEMA: Final = "public"
VERSION: Final = "alembic_version"
CHANGES: Final = "SELECT, INSERT, UPDATE, DELETE"
RECORD: Final = ("audit", "audit_seal")
"""Tables whose rows the application adds and reads, and never changes."""
GIVEN_BY_DATABASE: Final = {"audit": ("id", "at", "xid")}
"""Columns of these tables that the application cannot choose, so that it cannot date a row back."""


@dataclass(frozen=True, slots=True)
class Login:
    """A role, and the password with which `migrate` makes it where it is missing. Without a password it makes one that cannot log in."""

    role: str
    password: str | None = field(default=None, repr=False)


def login_of(url: str, role: str | None = None) -> Login:
    """The role by which this address connects; `role` where rights are given to a group of which the user is a member."""
    parts = make_url(url)
    user = parts.username or ""
    return Login(role or user, str(parts.password) if parts.password and role in (None, user) else None)


def provide_roles(engine: Engine, *, application: Login, reader: Login | None = None) -> list[str]:
    """Make missing roles and give each its rights on all tables, also those of later migrations. Returns the roles.

    `engine` is the owner's. Where the application is the owner itself, nothing is done: an owner's rights cannot be limited. Any
    number may call it at once. Raises Misconfigured where a role is missing and the owner may not make roles.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        owner = str(connection.execute(text("SELECT current_user")).scalar_one())
        given = []
        for login, rights in ((application, _give_changes), (reader, _give_reading)):
            if login is not None and login.role not in ("", owner):
                _make(connection, login)
                rights(connection, _quoted(connection, login.role))
                given.append(login.role)
    return given


def _make(connection: Connection, login: Login) -> None:
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": login.role})
    if known.first() is not None:
        return
    may = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    if not connection.execute(may).scalar_one():
        raise Misconfigured(
            f"The database has no role {login.role}, and the user of PROOFDESK_MIGRATION_DATABASE_URL may not make one. "
            f'Have an administrator run: CREATE ROLE "{login.role}" LOGIN PASSWORD … Then run proofdesk migrate again.'
        )
    name = _quoted(connection, login.role)
    if login.password is None:
        connection.exec_driver_sql(f"CREATE ROLE {name} NOLOGIN")
    else:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD '{_verifier(connection, login)}'")


def _verifier(connection: Connection, login: Login) -> str:
    """What PostgreSQL keeps of the password, so that no statement and no log of the server has the password itself."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  (the settings accept no other driver)
    password, role = (login.password or "").encode(), login.role.encode()
    return driver.pgconn.encrypt_password(password, role, b"scram-sha-256").decode()


def _give_changes(connection: Connection, role: str) -> None:
    _enter(connection, role)
    _run(
        connection,
        f"GRANT {CHANGES} ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT {CHANGES} ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        f"REVOKE ALL ON {SCHEMA}.{VERSION} FROM {role}",
        f"GRANT SELECT ON {SCHEMA}.{VERSION} TO {role}",
    )
    for table in RECORD:
        columns = ", ".join(_given_columns(connection, table))
        if columns:
            _run(
                connection,
                f"REVOKE ALL ON {SCHEMA}.{table} FROM {role}",
                f"GRANT SELECT, INSERT ({columns}) ON {SCHEMA}.{table} TO {role}",
            )


def _give_reading(connection: Connection, role: str) -> None:
    _enter(connection, role)
    _run(
        connection,
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT ON TABLES TO {role}",
    )


def _enter(connection: Connection, role: str) -> None:
    """Let the role in. Nobody but the owner makes tables, also temporary ones."""
    database = _quoted(connection, connection.engine.url.database or "")
    _run(
        connection,
        f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC",
        f"REVOKE CREATE ON SCHEMA {SCHEMA} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}",
    )


def _given_columns(connection: Connection, table: str) -> Sequence[str]:
    """The columns that the application writes; none where there is no such table."""
    query = text(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped"
    )
    names = connection.execute(query, {"table": f"{SCHEMA}.{table}"}).scalars()
    return [_quoted(connection, name) for name in names if name not in GIVEN_BY_DATABASE.get(table, ())]


def _run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
