"""All that lies in the four servers, kept after a test has arranged it and put back before each kill."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.container import Container
from pipeline.migrations import metadata
from tests.support.servers import bucket_folder, mail_folder

TABLES = {
    table.name: ", ".join(f'"{column.name}"' for column in table.columns if column.computed is None)
    for table in metadata.metadata.sorted_tables
}
"""Each after those that it refers to, with the columns that are written."""

_PUT_BACK = (
    "CREATE FUNCTION kept.put_back() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS"
    " $$ BEGIN %s END $$"
)
"""A function whose statements PostgreSQL plans once for each connection, and runs with the foreign keys off."""


@dataclass(frozen=True)
class Kept:
    """What there was: the rows lie in a schema of their own, `kept`, and the objects in a folder."""

    objects: Path
    hints: dict[bytes, bytes]
    mails: frozenset[str]


def keep(tools: Container) -> Kept:
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
        for name in TABLES:
            connection.exec_driver_sql(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"')
        emptied = [f'DELETE FROM public."{name}";' for name in TABLES]  # noqa: S608  (names of our tables)
        filled = [
            f'INSERT INTO public."{name}" ({columns}) SELECT {columns} FROM kept."{name}";'  # noqa: S608  (names of our tables)
            for name, columns in TABLES.items()
            if connection.exec_driver_sql(f'SELECT EXISTS (TABLE kept."{name}")').scalar_one()
        ]
        connection.exec_driver_sql(_PUT_BACK % "".join([*emptied, *filled]))
    client: Any = tools.broker.client
    objects = mail_folder(tools).with_name("kept-objects")
    shutil.rmtree(objects, ignore_errors=True)
    for bucket in _buckets(tools):
        shutil.copytree(bucket_folder(tools, bucket), objects / bucket)
    return Kept(
        objects,
        {key: client.dump(key) for key in client.keys("*")},
        frozenset(path.name for path in mail_folder(tools).glob("*.eml")),
    )


def put_back(tools: Container, kept: Kept) -> None:
    """The same rows under the same ids, the same objects, hints and mails, and nothing else."""
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql("SELECT kept.put_back()")
    for bucket in _buckets(tools):
        _put_objects_back(tools, bucket, kept.objects / bucket)
    client: Any = tools.broker.client
    client.flushall()
    for name, dumped in kept.hints.items():
        client.restore(name, 0, dumped)
    for path in mail_folder(tools).glob("*.eml"):
        if path.name not in kept.mails:
            path.unlink()


def forget(tools: Container) -> None:
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE")


def _put_objects_back(tools: Container, bucket: str, kept: Path) -> None:
    """The same files with the same times: an avatar's clock runs from its upload, which only the store knows."""
    for path in bucket_folder(tools, bucket).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(kept, bucket_folder(tools, bucket), dirs_exist_ok=True)


def _buckets(tools: Container) -> tuple[str, str, str]:
    return tools.storage.uploads, tools.storage.vault, tools.storage.public
