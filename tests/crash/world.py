"""All that lies in the four servers, kept after a test has arranged it and put back before each kill."""

from dataclasses import dataclass
from typing import Any

from config.container import Container
from pipeline.migrations import metadata
from tests.support.servers import kept_body, kept_keys, mail_folder

TABLES = {
    table.name: ", ".join(f'"{column.name}"' for column in table.columns if column.computed is None)
    for table in metadata.metadata.sorted_tables
}
"""Each after those that it refers to, with the columns that are written."""


@dataclass(frozen=True)
class Kept:
    """What there was; the rows themselves lie in a schema of their own, `kept`."""

    objects: dict[str, dict[str, bytes]]
    hints: dict[bytes, bytes]
    mails: frozenset[str]


def keep(tools: Container) -> Kept:
    with tools.db.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
        for name in TABLES:
            connection.exec_driver_sql(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"')
    client: Any = tools.broker.client
    return Kept(
        {
            bucket: {key: kept_body(tools, bucket, key) for key in kept_keys(tools, bucket)}
            for bucket in _buckets(tools)
        },
        {key: client.dump(key) for key in client.keys("*")},
        frozenset(path.name for path in mail_folder(tools).glob("*.eml")),
    )


def put_back(tools: Container, kept: Kept) -> None:
    """The same rows under the same ids, the same objects, hints and mails, and nothing else."""
    emptied = [f'DELETE FROM public."{name}"' for name in reversed(TABLES)]  # noqa: S608  (names of our tables)
    filled = [
        f'INSERT INTO public."{name}" ({columns}) SELECT {columns} FROM kept."{name}"'  # noqa: S608  (names of our tables)
        for name, columns in TABLES.items()
    ]
    with tools.db.engine.begin() as connection:
        connection.exec_driver_sql("; ".join([*emptied, *filled]))
    for bucket in _buckets(tools):
        _put_objects_back(tools, bucket, kept.objects[bucket])
    client: Any = tools.broker.client
    client.flushall()
    for name, dumped in kept.hints.items():
        client.restore(name, 0, dumped)
    for path in mail_folder(tools).glob("*.eml"):
        if path.name not in kept.mails:
            path.unlink()


def forget(tools: Container) -> None:
    with tools.db.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS kept CASCADE")


def _put_objects_back(tools: Container, bucket: str, objects: dict[str, bytes]) -> None:
    storage, present = tools.storage, set(kept_keys(tools, bucket))
    put = {storage.uploads: storage.put_upload, storage.vault: storage.put_vault, storage.public: storage.put_public}
    for key in present - objects.keys():
        storage.delete(bucket, key)
    for key in objects.keys() - present:
        put[bucket](key, objects[key], media_type="image/jpeg")


def _buckets(tools: Container) -> tuple[str, str, str]:
    return tools.storage.uploads, tools.storage.vault, tools.storage.public
