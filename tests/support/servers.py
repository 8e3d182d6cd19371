"""The four servers of the embedded profile, once for a whole run of the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.embedded.servers.storage import Storage
from cli.embedded.stack import SERVERS, Stack
from config.container import Container, build_container
from config.policy import POLICY_FILE
from config.settings import Settings
from pipeline.migrations.upgrade import upgrade
from pipeline.policy import Policy
from workers.middleware import Watchdog, stack

ANY_PORTS = dict.fromkeys(("web", "postgres", "valkey", "storage", "mail"), 0)
NOTHING_GIVEN = dict.fromkeys((server.variable for server in SERVERS), "")
CLIENTS = ("db", "broker", "storage", "mailer", "inspector")
NO_DEFAULT_POLICY = "undo_window_seconds = 10"
_NO_ROW = """
    DO $$ DECLARE name text; BEGIN
      SET LOCAL session_replication_role = replica;
      FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE 'DELETE FROM ' || name;
      END LOOP;
      FOR name IN SELECT quote_ident(sequencename) FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        PERFORM setval(name::regclass, 1, false);
      END LOOP;
    END $$
"""
"""Deletes with the foreign keys off: for the few rows of a test that takes a fraction of the time of TRUNCATE, which makes new files."""


@contextmanager
def servers(folder: Path) -> Iterator[Container]:
    """Start the servers beneath `folder`, migrate the database and make the buckets; effects leave without an undo window."""
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
    assert NO_DEFAULT_POLICY in text
    policy_file.write_text(text.replace(NO_DEFAULT_POLICY, "undo_window_seconds = 0"))
    tools = build_container(settings_of(environment, policy_file=policy_file), middleware=middleware)
    try:
        upgrade(tools.db.engine)
        tools.storage.ensure_buckets()
        yield tools
    finally:
        tools.close()


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
    made = Container(
        Settings.model_validate({**tools.settings.model_dump(), **settings}), tools.patient, tools.middleware
    )
    shared = {name: getattr(tools, name) for name in CLIENTS if name not in own}
    made.__dict__.update(shared, policy=policy or tools.policy)
    return made


def with_review(tools: Container, **review: Any) -> Container:
    """The same clients under a policy with other rules of review."""
    changed = tools.policy.review.model_copy(update=review)
    return variant(tools, policy=tools.policy.model_copy(update={"review": changed}))


def empty(tools: Container) -> None:
    """Back to the state right after the start: no row, no hint, no object, no mail."""
    with tools.db.engine.begin() as connection:
        connection.exec_driver_sql(_NO_ROW)
    tools.broker.client.flushall()
    for bucket in (tools.storage.uploads, tools.storage.vault, tools.storage.public):
        for key in kept_keys(tools, bucket):
            tools.storage.delete(bucket, key)
    for path in mail_folder(tools).glob("*.eml"):
        path.unlink()


def kept_keys(tools: Container, bucket: str) -> list[str]:
    """The keys of a bucket's objects, as they lie in the store's folder: quicker than asking it. What is hidden there is its own."""
    folder = mail_folder(tools).with_name(Storage.name) / bucket
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(file) for file in files if not any(part.startswith(".") for part in file.parts))


def mail_folder(tools: Container) -> Path:
    assert tools.settings.mail_folder is not None
    return tools.settings.mail_folder
