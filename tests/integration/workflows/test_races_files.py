"""A file is replaced while two workers look at it: what was seen is what is approved, and what is approved is published."""

from collections.abc import Callable
from pathlib import Path

from config.container import Container
from pipeline.kernel.storage import Downloaded, Storage
from pipeline.submission.tables import material, rendition
from pipeline.tasks.relay import sweep_leases
from pipeline.tasks.rules import INSPECT
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.files import digest, photo
from tests.support.servers import variant


class SlowStorage(Storage):
    """The real store; once it has given a file away, something else happens before the worker goes on."""

    def then(self, happens: Callable[[], object]) -> None:
        self.happens = happens

    def download(self, bucket: str, key: str, to: Path, *, cap: int) -> Downloaded | None:
        given = super().download(bucket, key, to, cap=cap)
        self.happens()
        return given


def slow(tools: Container, *, meanwhile: Callable[[], object]) -> Container:
    storage = SlowStorage.__new__(SlowStorage)
    vars(storage).update(vars(tools.storage))
    storage.then(meanwhile)
    made = variant(tools)
    vars(made)["storage"] = storage
    return made


def public(desk: Desk) -> set[str]:
    """The hashes of what everybody sees."""
    storage = desk.tools.storage
    return {digest(storage.read(storage.public, key) or b"") for key in desk.keys(storage.public)}


def test_a_worker_that_was_overtaken_with_an_older_file_changes_nothing_of_what_is_published(desk: Desk) -> None:
    older, newer = photo(), photo()
    key = desk.upload(older)
    desk.accept(avatar_body(key))
    task_id = desk.only_task(INSPECT).id

    def overtaken() -> None:
        """Once the slow worker has the older file its lease ends, the file is replaced, and another worker does it all."""
        desk.let_lease_expire(task_id)
        sweep_leases(desk.tools.db)
        desk.tools.storage.put_upload(key, newer, media_type="image/jpeg")
        desk.inspect()

    desk.perform(task_id, INSPECT, tools=slow(desk.tools, meanwhile=overtaken))
    desk.approve()
    desk.run_due()

    assert [row.sha256 for row in desk.rows(material)] == [digest(newer)]
    assert public(desk) == {row.sha256 for row in desk.rows(rendition)}
    assert {row.key.split("/")[2] for row in desk.rows(rendition)} == {"2"}


def test_a_file_that_is_replaced_while_it_is_looked_at_is_judged_and_published_as_it_was_read(desk: Desk) -> None:
    older = photo()
    key = desk.upload(older)
    desk.accept(avatar_body(key))
    task_id = desk.only_task(INSPECT).id

    def replaced() -> None:
        desk.tools.storage.put_upload(key, b"no picture at all", media_type="image/jpeg")

    desk.perform(task_id, INSPECT, tools=slow(desk.tools, meanwhile=replaced))
    desk.approve()
    desk.run_due()

    assert [row.sha256 for row in desk.rows(material)] == [digest(older)]
    assert public(desk) == {row.sha256 for row in desk.rows(rendition)}
