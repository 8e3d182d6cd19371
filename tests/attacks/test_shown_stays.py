"""An object that something refers to when it would be deleted stays, whoever deletes it and whoever refers to it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from config.container import Container
from pipeline.intake.accept import withdraw
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, StorageUnavailable
from pipeline.submission.deletions import object_deletion
from pipeline.submission.tables import material
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import (
    ERASE_MEMBER,
    FORGET_UPLOADS,
    INSPECT,
    PUBLISH_AVATAR,
    REMOVE_AVATAR,
    RETAIN,
    SWEEP_STORAGE,
    Kind,
)
from pipeline.workflows.retain import retain
from pipeline.workflows.retention import ORPHAN_AGE, sweep_storage
from schemas.submissions import Accepted
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.files import photo
from tests.support.http import Api
from tests.support.meddling import meddled
from tests.support.overlap import HISTORY, begun
from tests.support.together import until

LATER = timedelta(days=400)


def taken(desk: Desk, kind: Kind) -> Task:
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, kind, uuid4(), trace="t")
    mine = desk.tools.ledger.claim(kind, str(task_id))
    assert mine is not None
    return mine


def sweep(desk: Desk, tools: Container, *, after: timedelta = LATER) -> None:
    mine = taken(desk, SWEEP_STORAGE)
    sweep_storage(mine, now=clock.now() + after, db=tools.db, storage=tools.storage, policy=tools.policy)


def shown_is_there(desk: Desk) -> bool:
    shown = desk.avatar()
    keys = [url.removeprefix("https://cdn.example.com/") for url in (shown.large_url, shown.small_url) if url]
    return len(keys) == 2 and set(keys) <= set(desk.keys(desk.tools.storage.public))


def approved(desk: Desk) -> UUID:
    submission = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    return submission


def half_published(desk: Desk) -> None:
    """Approved; the first try put both pictures and then failed. The next one is due."""
    approved(desk)
    tools, storage = meddled(desk.tools)

    def away() -> None:
        raise StorageUnavailable("The store went away.")

    storage.after_puts[2] = away
    desk.perform(desk.only_task(PUBLISH_AVATAR).id, PUBLISH_AVATAR, tools=tools)
    desk.let_backoff_pass()
    assert (desk.avatar().submission_id, len(desk.keys(desk.tools.storage.public))) == (None, 2)


# Public pictures


def test_a_publication_between_the_look_and_the_delete_of_a_sweep_is_shown(desk: Desk) -> None:
    half_published(desk)
    tools, storage = meddled(desk.tools)
    first, _ = desk.keys(desk.tools.storage.public)
    storage.before_delete[first] = lambda: desk.run_due(PUBLISH_AVATAR)

    sweep(desk, tools, after=ORPHAN_AGE + timedelta(hours=1))

    assert shown_is_there(desk)
    assert len(desk.keys(desk.tools.storage.public)) == 2


def test_a_publication_that_began_before_a_sweep_and_commits_after_it_is_shown(desk: Desk) -> None:
    half_published(desk)

    with begun(desk, lambda: desk.run_due(PUBLISH_AVATAR), door=HISTORY):
        sweep(desk, desk.tools, after=ORPHAN_AGE - timedelta(minutes=1))
    sweep(desk, desk.tools, after=ORPHAN_AGE + timedelta(hours=1))

    assert shown_is_there(desk)
    assert len(desk.keys(desk.tools.storage.public)) == 2


def test_a_removal_of_what_is_shown_removes_nothing(desk: Desk) -> None:
    submission = approved(desk)
    desk.run_due()
    with desk.tools.db.begin() as connection:
        ledger.record(connection, REMOVE_AVATAR, submission, trace="t")

    desk.run_due(REMOVE_AVATAR)

    assert shown_is_there(desk)


def test_pages_of_an_avatar_that_waits_for_its_publication_stay(desk: Desk) -> None:
    approved(desk)
    publication = desk.only_task(PUBLISH_AVATAR).id
    desk.sql("UPDATE task SET state = 'parked', ended_at = now() WHERE id = :id", id=publication)
    desk.sql("UPDATE submission SET closed_at = now() - interval '20 years'")
    tools = desk.tools

    retain(taken(desk, RETAIN), now=clock.now(), db=tools.db, storage=tools.storage, policy=tools.policy)
    desk.sql("UPDATE task SET state = 'ready', ended_at = NULL, due_at = now() WHERE id = :id", id=publication)
    desk.run_due(PUBLISH_AVATAR)

    assert shown_is_there(desk)


# Uploads: a file that another submission names just now


@dataclass
class Deleter:
    """Who deletes the upload under `key` by itself, once it is `run`."""

    key: str
    run: Callable[[Container], None]


def by_the_sweep(desk: Desk, _api: Api) -> Deleter:
    """Nobody has named the file."""
    return Deleter(desk.upload(photo()), lambda tools: sweep(desk, tools))


def by_retention(desk: Desk, _api: Api) -> Deleter:
    """Of a submission that ended long ago."""
    key, submission = inspected(desk)
    withdraw(submission, caller="test", db=desk.tools.db)
    mine = taken(desk, RETAIN)

    def run(tools: Container) -> None:
        retain(mine, now=clock.now() + LATER, db=tools.db, storage=tools.storage, policy=tools.policy)

    return Deleter(key, run)


def after_a_copy_was_kept(desk: Desk, _api: Api) -> Deleter:
    key, _ = inspected(desk)
    due = desk.only_task(FORGET_UPLOADS).id
    return Deleter(key, lambda tools: desk.perform(due, FORGET_UPLOADS, tools=tools))


def by_an_erasure(desk: Desk, api: Api) -> Deleter:
    key, _ = inspected(desk)
    Eraser(desk, api).erase()
    desk.sql("UPDATE erasure SET quiet_at = now() + interval '1 hour'")
    due = desk.only_task(ERASE_MEMBER).id
    return Deleter(key, lambda tools: desk.perform(due, ERASE_MEMBER, tools=tools))


DELETERS = [by_the_sweep, by_retention, after_a_copy_was_kept, by_an_erasure]
Prepare = Callable[[Desk, Api], Deleter]


def inspected(desk: Desk) -> tuple[str, UUID]:
    key = desk.upload(photo())
    submission = desk.accept(avatar_body(key)).id
    desk.inspect()
    return key, submission


def accepted(desk: Desk, key: str) -> Accepted | None:
    """Another member's submission of the same file; None where it was refused at the door because the file is going."""
    try:
        return desk.accept(avatar_body(key, member_id="m-2"))
    except Invalid as refusal:
        if [each.code for each in refusal.problems] != ["upload_used"]:
            raise
        return None


def was_read(desk: Desk, submission: Accepted) -> bool:
    desk.run_due(INSPECT)
    return desk.state(submission.id) == "in_review"


@pytest.mark.parametrize("prepare", DELETERS)
def test_a_file_that_is_accepted_while_it_is_deleted_is_not_lost(desk: Desk, api: Api, prepare: Prepare) -> None:
    deleter = prepare(desk, api)
    tools, storage = meddled(desk.tools)
    came: list[Accepted | None] = []
    storage.before_delete[deleter.key] = lambda: came.append(accepted(desk, deleter.key))

    deleter.run(tools)

    (answer,) = came
    assert answer is None or was_read(desk, answer)
    assert [row for row in desk.rows(object_deletion) if row.key == deleter.key] == []


@pytest.mark.parametrize("prepare", DELETERS)
def test_a_file_that_was_accepted_but_not_committed_when_it_would_be_deleted_stays(
    desk: Desk, api: Api, prepare: Prepare
) -> None:
    deleter = prepare(desk, api)

    with begun(desk, lambda: accepted(desk, deleter.key), door=HISTORY) as going:
        deleter.run(desk.tools)

    answer = going.result()
    assert answer is not None
    assert was_read(desk, answer)


def test_a_file_that_was_deleted_may_be_put_and_submitted_anew(desk: Desk, api: Api) -> None:
    deleter = after_a_copy_was_kept(desk, api)
    deleter.run(desk.tools)

    desk.tools.storage.put_upload(deleter.key, photo(), media_type="image/jpeg")
    answer = accepted(desk, deleter.key)

    assert answer is not None
    assert was_read(desk, answer)


def test_a_worker_that_was_held_up_deletes_nothing_that_was_put_anew(desk: Desk, api: Api) -> None:
    """Another one did its work meanwhile; then the same key was put and submitted again."""
    deleter = by_the_sweep(desk, api)
    desk.upload(photo())
    first, second = sorted(desk.keys(desk.tools.storage.uploads))
    tools, storage = meddled(desk.tools)
    came: list[Accepted | None] = []

    def overtaken() -> None:
        desk.tools.deletions("uploads", [first, second])
        desk.tools.storage.put_upload(second, photo(), media_type="image/jpeg")
        came.append(accepted(desk, second))

    storage.before_delete[first] = overtaken
    deleter.run(tools)

    (answer,) = came
    assert answer is not None
    assert was_read(desk, answer)


def test_a_deletion_that_was_left_is_carried_out_by_a_later_sweep(desk: Desk) -> None:
    left, young = desk.upload(photo()), desk.upload(photo())
    with desk.tools.db.begin() as connection:
        desk.tools.deletions.begin(connection, "uploads", [left, young])
    desk.sql("UPDATE object_deletion SET begun_at = now() - interval '2 hours' WHERE key = :key", key=left)

    sweep(desk, desk.tools, after=timedelta())

    assert desk.keys(desk.tools.storage.uploads) == [young]
    assert [row.key for row in desk.rows(object_deletion)] == [young]
    assert accepted(desk, young) is None


# Vault: what moves from one row to another


def test_an_original_that_is_put_back_between_two_looks_of_a_sweep_stays(desk: Desk) -> None:
    """The sweep stands at the sealed originals when the original goes back to its submission."""
    desk.submit_verification()
    desk.run_due(INSPECT, FORGET_UPLOADS)
    (file,) = desk.rows(material)
    seal(desk, file)
    for page in desk.keys(desk.tools.storage.vault):
        desk.tools.storage.delete(
            desk.tools.storage.vault, page
        )  # so that it is the originals at which the sweep stands
    put_back = (
        "UPDATE material SET upload_key = s.key FROM sealed_original s WHERE s.material_id = material.id;"
        "UPDATE sealed_original SET state = 'put_back', ended_by = 'lead', ended_at = now()"
    )

    with standing_at(desk, "sealed_original", lambda: sweep(desk, desk.tools)) as do:
        do(put_back)

    assert [row.upload_key for row in desk.rows(material)] == desk.keys(desk.tools.storage.uploads)


def test_files_that_a_legal_hold_keeps_outlast_an_erasure_and_every_sweep(desk: Desk, api: Api) -> None:
    eraser = Eraser(desk, api)
    desk.submit_avatar()
    desk.inspect()
    storage = desk.tools.storage
    before = [desk.keys(bucket) for bucket in (storage.uploads, storage.vault)]
    eraser.hold()
    eraser.erase()

    sweep(desk, desk.tools)

    assert [desk.keys(bucket) for bucket in (storage.uploads, storage.vault)] == before
    eraser.release()
    eraser.to_the_end()
    assert [desk.keys(bucket) for bucket in (storage.uploads, storage.vault)] == [[], []]


def test_a_public_picture_is_taken_down_also_under_a_legal_hold(desk: Desk, api: Api) -> None:
    """The store was away for a moment when the erasure began."""
    eraser = Eraser(desk, api)
    approved(desk)
    desk.run_due()
    storage = desk.tools.storage
    shown = desk.keys(storage.public)
    eraser.hold()
    eraser.erase()
    for key in shown:
        storage.put_public(key, photo(), media_type="image/jpeg")

    desk.run_due(REMOVE_AVATAR)

    assert desk.keys(storage.public) == []


@contextmanager
def standing_at(desk: Desk, table: str, do: Callable[[], None]) -> Iterator[Callable[[str], object]]:
    """`do`, which stands at the table until the end of the block. What the block runs is committed then."""
    with ThreadPoolExecutor(1) as pool, desk.tools.owner.engine.begin() as owner:
        owner.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        going = pool.submit(do)
        until(lambda: desk.waiting_for_locks() == 1)
        yield owner.exec_driver_sql
        owner.commit()
        going.result(timeout=60)


def seal(desk: Desk, file: Any) -> None:
    desk.claimed()
    desk.sql(
        "INSERT INTO sealed_original (id, redaction_id, submission_id, material_id, bucket, key, sealed_by)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), :submission, :file, 'uploads', :key, 'r-1')",
        submission=file.submission_id,
        file=file.id,
        key=file.upload_key,
    )
    desk.sql("UPDATE material SET upload_key = NULL")
