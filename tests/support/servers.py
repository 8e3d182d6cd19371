"""The four servers of the embedded profile, once for a whole run of the tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil

from cli.embedded.servers.storage import Storage
from cli.embedded.stack import SERVERS, Stack
from config.container import Container, build_container
from config.policy import POLICY_FILE
from config.settings import Settings
from pipeline.migrations.roles import login_of, provide_roles
from pipeline.migrations.upgrade import upgrade
from pipeline.policy import Policy
from workers.middleware import Watchdog, stack

ANY_PORTS = dict.fromkeys(("web", "postgres", "valkey", "storage", "mail"), 0)
NOTHING_GIVEN = dict.fromkeys((server.variable for server in SERVERS), "")
CLIENTS = ("db", "owner", "reading", "broker", "storage", "mailer", "inspector")
OTHERWISE: Final = {
    "undo_window_seconds = 10": "undo_window_seconds = 0",
    "sample = { avatar = 0.05, verification = 0.10 }": "sample = {}",
    "mix = 0.10": "mix = 0.0",
    "least_look_seconds = { avatar = 0.5, verification = 1.0 }": "least_look_seconds = {}",
    "golden = 0.02": "golden = 0.0",
}
"""What the tests' policy says in place of the shipped one: effects leave at once, and chance gives nobody a case to look at blind. A test
that is about either sets it (`with_review`, `quality.checking`)."""

_MAKE_EMPTIED: Final = """
    DO $$ DECLARE body text; BEGIN
      SELECT string_agg('DELETE FROM ' || quote_ident(tablename) || ';', ' ') INTO body
        FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version';
      SELECT body || string_agg('PERFORM setval(' || quote_literal(quote_ident(sequencename)) || ', 1, false);', ' ') INTO body
        FROM pg_sequences WHERE schemaname = 'public';
      CREATE SCHEMA IF NOT EXISTS tests;
      EXECUTE 'CREATE OR REPLACE FUNCTION tests.emptied() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica'
        || ' AS ' || quote_literal('BEGIN ' || body || ' END');
    END $$
"""
"""A function whose statements PostgreSQL plans once for each connection. It deletes with the foreign keys off: for the few rows of a test
that takes a fraction of the time of TRUNCATE, which makes new files."""

MEMORY: Final = Path("/dev/shm")  # noqa: S108  (a folder of our own is made there)
ROOM_BYTES: Final = 4 * 2**30
OURS: Final = "proofdesk-tests-of-"


@contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory, where there is room: servers that write into it wait for no disk. Else the other one."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        yield otherwise
        return
    for left in MEMORY.glob(f"{OURS}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(OURS).partition("-")[0])):
            shutil.rmtree(left, ignore_errors=True)  # of a run that was killed
    with TemporaryDirectory(prefix=f"{OURS}{os.getpid()}-", dir=MEMORY) as made:
        yield Path(made)


@contextmanager
def servers(folder: Path) -> Iterator[Container]:
    """Start the servers beneath `folder`, migrate the database and make the buckets."""
    with started(folder) as environment, clients(environment, folder=folder) as tools:
        yield tools


@contextmanager
def started(folder: Path) -> Iterator[dict[str, str]]:
    """Start the servers beneath `folder`; where they answer, as variables of the environment."""
    with Stack(folder / "home", services=False, preferred_ports=ANY_PORTS, environment=NOTHING_GIVEN) as running:
        yield running.environment()


@contextmanager
def clients(environment: dict[str, str], *, folder: Path) -> Iterator[Container]:
    """The clients of servers that run; the policy for the tests is written beneath `folder`."""
    policy_file = folder / "policy.toml"
    text = POLICY_FILE.read_text()
    for shipped, ours in OTHERWISE.items():
        assert text.count(f"\n{shipped} ") == 1
        text = text.replace(f"\n{shipped} ", f"\n{ours} ")
    policy_file.write_text(text)
    tools = build_container(settings_of(environment, policy_file=policy_file), middleware=middleware)
    try:
        migrate(tools)
        tools.storage.ensure_buckets()
        with tools.owner.engine.begin() as connection:
            connection.exec_driver_sql(_MAKE_EMPTIED)
        yield tools
    finally:
        tools.close()


def migrate(tools: Container) -> None:
    """As `proofdesk migrate` does it."""
    upgrade(tools.owner.engine)
    application, reader = login_of(tools.settings.sqlalchemy_url), login_of(tools.settings.reader_url)
    provide_roles(tools.owner.engine, application=application, reader=reader)


def settings_of(environment: dict[str, str], **more: Any) -> Settings:
    given = {name.removeprefix("PROOFDESK_").lower(): value for name, value in environment.items()}
    return Settings.model_validate({**given, **more})


def middleware() -> list[Any]:
    """The worker's own middleware, but a dead thread fails the test instead of ending the whole run."""
    return [Watchdog(leave=died.append) if isinstance(each, Watchdog) else each for each in stack()]


died: list[int] = []
"""The exit codes with which a watchdog wanted to end this process."""


def variant(tools: Container, *, policy: Policy | None = None, own: tuple[str, ...] = (), **settings: Any) -> Container:
    """A container that shares the clients of `tools`, but for those named in `own`, which it builds from its own settings."""
    known = Settings.model_validate({**tools.settings.model_dump(), **settings}) if settings else tools.settings
    made = Container(known, tools.patient, tools.middleware)
    shared = {name: getattr(tools, name) for name in CLIENTS if name not in own}
    if policy is None and "db" not in own:
        shared["sign_in_context"] = tools.sign_in_context  # it hashes a password when it is built
    made.__dict__.update(shared, policy=policy or tools.policy)
    return made


def with_review(tools: Container, **review: Any) -> Container:
    """The same clients under a policy with other rules of review."""
    changed = tools.policy.review.model_copy(update=review)
    return variant(tools, policy=tools.policy.model_copy(update={"review": changed}))


def empty(tools: Container) -> None:
    """Back to the state right after the start: no row, no hint, no object, no mail."""
    for remembering in ("audit_sealer", "member_reads", "intake"):  # what the test before has sealed, read and kept
        tools.__dict__.pop(remembering, None)
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql("SELECT tests.emptied()")
    tools.broker.client.flushall()
    for bucket in (tools.storage.uploads, tools.storage.vault, tools.storage.public):
        for path in bucket_folder(tools, bucket).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in mail_folder(tools).glob("*.eml"):
        path.unlink()


def kept_keys(tools: Container, bucket: str) -> list[str]:
    """The keys of a bucket's objects, as they lie in the store's folder: quicker than asking it. What is hidden there is its own, and is
    not walked through: it keeps a folder for each object that ever was."""
    top, keys = bucket_folder(tools, bucket), []
    for place, folders, files in os.walk(top):
        folders[:] = [each for each in folders if not each.startswith(".")]
        keys += [(Path(place) / file).relative_to(top).as_posix() for file in files if not file.startswith(".")]
    return sorted(keys)


def kept_body(tools: Container, bucket: str, key: str) -> bytes:
    """An object's bytes, as they lie in the store's folder."""
    return (bucket_folder(tools, bucket) / key).read_bytes()


def bucket_folder(tools: Container, bucket: str) -> Path:
    """Where the store keeps a bucket's objects and what it writes about them. It keeps nothing in mind."""
    return mail_folder(tools).with_name(Storage.name) / bucket


def mail_folder(tools: Container) -> Path:
    assert tools.settings.mail_folder is not None
    return tools.settings.mail_folder
