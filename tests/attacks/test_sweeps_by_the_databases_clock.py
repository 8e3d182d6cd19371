"""A worker whose clock is two days wrong deletes nothing early, and says nothing early."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from pipeline.intake.accept import withdraw
from pipeline.tasks import ledger
from pipeline.tasks.rules import FORGET_OLD, FORGET_UPLOADS, INSPECT, RETAIN, SWEEP_STORAGE, WATCH_SLA, Kind
from pipeline.workflows.retention import ORPHAN_AGE
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api
from tests.support.meddling import meddled
from tests.support.servers import variant

WRONG = timedelta(days=2)


@pytest.fixture
def strict(desk: Desk) -> Desk:
    """Under a policy that keeps everything for one day."""
    policy = desk.tools.policy
    days = {name: dict.fromkeys(kept, 1) for name, kept in policy.retention if isinstance(kept, dict)}
    retention = policy.retention.model_copy(update={**days, "other_mails": 1, "parked_messages": 1})
    upload = policy.upload.model_copy(update={"retention_days": 1})
    events = policy.events.model_copy(update={"retention_days": 1})
    idempotency = policy.idempotency.model_copy(update={"retention_hours": 24})
    changed = {"retention": retention, "upload": upload, "events": events, "idempotency": idempotency}
    return desk.over(variant(desk.tools, policy=policy.model_copy(update=changed)))


@pytest.fixture
def recorded(strict: Desk) -> dict[str, Any]:
    """The tasks of every sweep; recorded by the right clock."""
    with strict.tools.db.begin() as connection:
        return {
            kind.name: ledger.record(connection, kind, uuid4(), trace="t")
            for kind in (SWEEP_STORAGE, RETAIN, WATCH_SLA, FORGET_OLD)
        }


def everything(desk: Desk) -> dict[str, Any]:
    storage = desk.tools.storage
    tables = ("material", "rendition", "upload_slot", "fingerprint", "idempotency", "event")
    return {
        "objects": {bucket: desk.keys(bucket) for bucket in (storage.uploads, storage.vault, storage.public)},
        "rows": {table: desk.sql(f"SELECT count(*) FROM {table}")[0][0] for table in tables},  # noqa: S608  (our tables)
        "facts": desk.sql("SELECT member, form, watch_at, warned_at FROM submission ORDER BY id"),
        "keys": desk.sql("SELECT upload_key, given_key FROM material ORDER BY id"),
    }


@pytest.mark.parametrize("kind", [RETAIN, WATCH_SLA, FORGET_OLD], ids=lambda kind: kind.name)
def test_a_sweep_goes_by_the_databases_clock(strict: Desk, api: Api, recorded: dict[str, Any], kind: Kind) -> None:
    """What was written a moment ago: by the worker's clock it is two days old, and kept for one."""
    some_of_everything(strict, api)
    before = everything(strict)

    with time_machine.travel(datetime.now(UTC) + WRONG, tick=True):
        strict.perform(recorded[kind.name], kind)

    (done,) = strict.tasks(kind)
    assert (done.state, done.last_error) == ("done", None)
    assert everything(strict) == before


def test_the_sweep_of_the_store_goes_by_the_databases_clock(strict: Desk, api: Api, recorded: dict[str, Any]) -> None:
    """The clock is wrong by ten minutes: with a clock that is further off, the store itself refuses every request."""
    some_of_everything(strict, api)
    tools, storage = meddled(strict.tools, policy=strict.tools.policy)
    storage.aged = ORPHAN_AGE - timedelta(minutes=5)
    strict.sql("UPDATE upload_slot SET created_at = now() - interval '5 hours 55 minutes'")
    before = everything(strict)

    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10), tick=True):
        strict.perform(recorded[SWEEP_STORAGE.name], SWEEP_STORAGE, tools=tools)

    (done,) = strict.tasks(SWEEP_STORAGE)
    assert (done.state, done.last_error) == ("done", None)
    assert everything(strict) == before


def some_of_everything(desk: Desk, api: Api) -> None:
    storage = desk.tools.storage
    api.post("/v1/uploads", {"purpose": "avatar", "media_type": "image/jpeg", "length": 1000})
    desk.upload(photo())
    storage.put_vault("left/over/1/large-1.jpg", photo(), media_type="image/jpeg")
    storage.put_public(f"avatars/{uuid4()}/late.jpg", photo(), media_type="image/jpeg")
    ended = desk.submit_avatar("m-1")
    desk.run_due(INSPECT, FORGET_UPLOADS)
    withdraw(ended, caller="test", db=desk.tools.db)
    api.submit(avatar_body(member_id="m-2"), once="k-1")
