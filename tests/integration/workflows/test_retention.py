from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from config.container import Container
from pipeline.kernel import clock
from pipeline.kernel.errors import StorageRefused, StorageUnavailable
from pipeline.kernel.idempotency import idempotency
from pipeline.submission.tables import material
from pipeline.tasks import ledger
from pipeline.tasks.rules import FORGET_OLD, FORGET_UPLOADS, INSPECT, SWEEP_STORAGE, Kind
from pipeline.workflows.retention import ORPHAN_AGE, forget_old, sweep_storage
from pipeline.workflows.storage_sweep import Slice
from pipeline.workflows.sweep_marks import sweep_mark
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.erasing import retain_in
from tests.support.files import photo
from tests.support.http import Api
from tests.support.meddling import meddled

MINUTE = timedelta(minutes=1)


def held(tools: Container, kind: Kind) -> ledger.Task:
    with tools.db.begin() as connection:
        task_id = ledger.record(connection, kind, uuid4(), trace="t")
    taken = tools.ledger.claim(kind, str(task_id))
    assert taken is not None
    return taken


def sweep(desk: Desk, *, after: timedelta) -> None:
    now: datetime = clock.now() + after
    tools = desk.tools
    sweep_storage(held(tools, SWEEP_STORAGE), now=now, db=tools.db, storage=tools.storage, policy=tools.policy)


def retention(desk: Desk) -> timedelta:
    return timedelta(days=desk.tools.policy.upload.retention_days)


def test_a_rendition_that_no_row_names_goes_once_it_is_old(desk: Desk) -> None:
    desk.submit_avatar()
    desk.inspect()
    named = desk.keys(desk.tools.storage.vault)
    desk.tools.storage.put_vault("left/over/1/large-1.jpg", photo(), media_type="image/jpeg")

    sweep(desk, after=ORPHAN_AGE + MINUTE)

    assert desk.keys(desk.tools.storage.vault) == named


def test_a_rendition_that_was_only_just_written_stays(desk: Desk) -> None:
    desk.tools.storage.put_vault("under/way/1/large-1.jpg", photo(), media_type="image/jpeg")

    sweep(desk, after=ORPHAN_AGE - MINUTE)

    assert desk.keys(desk.tools.storage.vault) == ["under/way/1/large-1.jpg"]


def test_an_original_goes_when_its_time_is_over_and_nobody_needs_it(desk: Desk) -> None:
    desk.upload(photo())
    desk.submit_avatar("m-1")
    desk.inspect()
    desk.approve()
    desk.run_due()

    sweep(desk, after=retention(desk) + MINUTE)
    retain_in(desk, desk.tools.policy.retention.originals["approved"] + 1)

    assert desk.keys(desk.tools.storage.uploads) == []
    assert desk.avatar().large_url is not None
    assert len(desk.keys(desk.tools.storage.public)) == 2


def test_an_original_stays_until_its_time_is_over(desk: Desk) -> None:
    key = desk.upload(photo())

    sweep(desk, after=retention(desk) - MINUTE)

    assert desk.keys(desk.tools.storage.uploads) == [key]


def test_an_original_that_an_open_submission_needs_stays_however_old(desk: Desk) -> None:
    waiting, in_review = desk.upload(photo()), desk.upload(photo())
    desk.accept(avatar_body(in_review, member_id="m-1"))
    desk.run_due(INSPECT, FORGET_UPLOADS)
    desk.accept(avatar_body(waiting, member_id="m-2"))

    sweep(desk, after=retention(desk) * 10)

    kept = [row.upload_key for row in desk.rows(material)]
    assert desk.keys(desk.tools.storage.uploads) == sorted(kept)
    assert waiting in kept
    assert in_review not in kept


def test_keys_and_done_tasks_go_when_their_time_is_over(desk: Desk, api: Api) -> None:
    api.submit(avatar_body(), once="old")
    api.submit(avatar_body(), once="new")
    desk.run_due()
    hours = desk.tools.policy.idempotency.retention_hours
    desk.sql(
        "UPDATE idempotency SET created_at = now() - :hours * interval '1 hour' WHERE key = 'old'", hours=hours + 1
    )
    desk.sql("UPDATE task SET ended_at = now() - interval '31 days' WHERE state = 'done'")

    forget_old(held(desk.tools, FORGET_OLD), db=desk.tools.db, policy=desk.tools.policy)

    assert [row.key for row in desk.rows(idempotency)] == ["new"]
    assert [row.kind for row in desk.tasks()] == ["ledger.forget"]


def test_what_is_parked_is_not_forgotten(desk: Desk) -> None:
    desk.submit_avatar()
    desk.sql("UPDATE task SET state = 'parked', ended_at = now() - interval '90 days'")

    forget_old(held(desk.tools, FORGET_OLD), db=desk.tools.db, policy=desk.tools.policy)

    assert [row.state for row in desk.tasks()] == ["parked", "done"]


def test_a_public_picture_that_no_avatar_names_goes_once_it_is_old_and_the_shown_one_stays(desk: Desk) -> None:
    desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.run_due()
    shown = desk.keys(desk.tools.storage.public)
    desk.tools.storage.put_public(f"avatars/{uuid4()}/late.jpg", photo(), media_type="image/jpeg")

    sweep(desk, after=ORPHAN_AGE + MINUTE)

    assert len(shown) == 2
    assert desk.keys(desk.tools.storage.public) == shown


def slices(desk: Desk, objects: int, *, tools: Container | None = None) -> int:
    """Tasks of the sweep, each for so many objects, until none follows. Returns how many there were."""
    first = held(desk.tools, SWEEP_STORAGE)
    done = 0
    tools = tools or desk.tools
    due: list[ledger.Task] = [first]
    while due:
        one_slice(tools, due.pop(), objects)
        done += 1
        due = [
            mine for row in desk.tasks(SWEEP_STORAGE) if (mine := desk.tools.ledger.claim(SWEEP_STORAGE, str(row.id)))
        ]
    return done


def one_slice(tools: Container, task: ledger.Task, objects: int) -> None:
    later = clock.now() + ORPHAN_AGE + MINUTE
    part = Slice(objects=objects, page=2)
    sweep_storage(task, now=later, db=tools.db, storage=tools.storage, policy=tools.policy, part=part)


def left_over(desk: Desk, count: int) -> None:
    for number in range(count):
        desk.tools.storage.put_vault(f"left/over/{number}.jpg", b"x", media_type="image/jpeg")
        desk.tools.storage.put_public(f"avatars/{number}.jpg", b"x", media_type="image/jpeg")


def test_a_pass_is_done_in_slices_each_of_which_goes_on_where_the_last_ended(desk: Desk) -> None:
    left_over(desk, 5)
    storage = desk.tools.storage
    tools, seen = meddled(desk.tools)

    tasks = slices(desk, 2, tools=tools)

    assert [desk.keys(bucket) for bucket in (storage.vault, storage.public)] == [[], []]
    assert tasks == 5
    assert [after for after in seen.listed_after if after] == [
        f"{folder}{number}.jpg" for folder in ("left/over/", "avatars/") for number in (1, 3)
    ]
    assert [(row.bucket, row.after) for row in desk.rows(sweep_mark)] == [("vault", "")]


def test_a_sweep_that_failed_in_the_middle_goes_on_from_its_mark(desk: Desk) -> None:
    left_over(desk, 4)
    tools, seen = meddled(desk.tools)

    def away() -> None:
        raise StorageUnavailable("The store went away.")

    seen.before_pages += [bool, away]
    with pytest.raises(StorageUnavailable):
        one_slice(tools, held(desk.tools, SWEEP_STORAGE), 100)
    left = desk.keys(desk.tools.storage.vault)

    one_slice(tools, held(desk.tools, SWEEP_STORAGE), 100)

    assert left == ["left/over/2.jpg", "left/over/3.jpg"]
    assert seen.listed_after[1] == "left/over/1.jpg"
    assert desk.keys(desk.tools.storage.vault) == []


def test_of_two_workers_that_sweep_one_goes_on_alone(desk: Desk) -> None:
    left_over(desk, 4)
    tools, seen = meddled(desk.tools)
    mine, others = held(desk.tools, SWEEP_STORAGE), held(desk.tools, SWEEP_STORAGE)
    seen.before_pages.append(lambda: one_slice(desk.tools, others, 2))

    one_slice(tools, mine, 100)

    assert [row.state for row in desk.tasks(SWEEP_STORAGE)] == ["done", "done", "ready"]
    assert [(row.bucket, row.after) for row in desk.rows(sweep_mark)] == [("vault", "left/over/1.jpg")]


def test_what_the_store_keeps_is_told_once_at_the_end_of_a_pass(desk: Desk) -> None:
    """By the last task of the pass, also of what earlier ones found."""
    left_over(desk, 5)
    tools, seen = meddled(desk.tools)

    def kept() -> None:
        raise StorageRefused("A legal hold.", reason="AccessDenied")

    seen.before_delete["left/over/0.jpg"] = kept
    first = held(desk.tools, SWEEP_STORAGE)
    one_slice(tools, first, 2)

    with pytest.raises(StorageRefused, match="1 objects stay, the first because: A legal hold"):
        one_slice(tools, held(desk.tools, SWEEP_STORAGE), 100)

    assert desk.keys(desk.tools.storage.vault) == ["left/over/0.jpg"]
    assert [row.refused for row in desk.rows(sweep_mark)] == [0]
