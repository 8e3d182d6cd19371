from datetime import timedelta

import pytest
from sqlalchemy import select

from config.container import Container
from pipeline.audit import sealing
from pipeline.audit.checkpoints import name_of, published
from pipeline.audit.record import write
from pipeline.audit.sealing import AuditSealer
from pipeline.audit.tables import audit, audit_seal
from pipeline.kernel import clock
from pipeline.tasks import ledger
from pipeline.tasks.rules import CHECKPOINT_AUDIT, SWEEP_STORAGE
from pipeline.tasks.schedule import fire_due, schedule_of
from pipeline.workflows.retention import sweep_storage
from tests.support.desk import Desk
from tests.support.records import faults, ids, recorded, sealed, verification
from tests.support.together import at_once


def lists(desk: Desk) -> list[list[int]]:
    return [row.ids for row in desk.rows(audit_seal)]


def test_a_row_that_commits_late_is_sealed_in_its_turn_and_not_missed(desk: Desk) -> None:
    sealer = AuditSealer(desk.tools.db, desk.tools.audit_signer)
    recorded(desk, "thing.first")
    sealed(desk)
    with desk.tools.owner.engine.begin() as slow:
        write(slow, "thing.slow", actor="somebody")
        recorded(desk, "thing.quick", "thing.quicker")
        while_it_runs = sealer.seal()
    sealed(desk)

    assert while_it_runs == 0
    assert lists(desk) == [[1], [2, 3, 4]]
    assert faults(desk) == []


def test_writers_do_not_wait_for_the_sealing_and_the_sealing_not_for_them(desk: Desk) -> None:
    recorded(desk, "thing.first")
    with desk.tools.owner.engine.begin() as busy:
        busy.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('audit.seal', 0))")
        recorded(desk, "thing.second")
        meanwhile = AuditSealer(desk.tools.db, desk.tools.audit_signer).seal()

    assert meanwhile == 0
    assert ids(desk) == [1, 2]


def test_many_relays_and_many_writers_seal_each_row_once(desk: Desk) -> None:
    def act(number: int) -> None:
        sealer = AuditSealer(desk.tools.db, desk.tools.audit_signer)
        for step in range(10):
            if number < 4:
                recorded(desk, f"thing.made_{number}_{step}")
            else:
                sealer.seal()

    _, raised = at_once(6, act)
    sealed(desk)

    assert raised == []
    assert sorted(each for listed in lists(desk) for each in listed) == sorted(ids(desk))
    assert faults(desk) == []


def test_a_long_backlog_is_sealed_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)
    recorded(desk, *(f"thing.made_{number}" for number in range(7)))
    sealed(desk)

    assert lists(desk) == [[1, 2, 3], [4, 5, 6], [7]]
    assert faults(desk) == []


def test_without_a_key_nothing_is_sealed(desk: Desk) -> None:
    recorded(desk, "thing.made")

    assert AuditSealer(desk.tools.db, None).seal() == 0
    assert lists(desk) == []


def test_rows_of_before_the_first_seal_are_sealed_by_their_ids(desk: Desk) -> None:
    """As after the migration, which gives them no transaction."""
    recorded(desk, "thing.a", "thing.b")
    desk.sql("UPDATE audit SET xid = 0")
    recorded(desk, "thing.c")
    sealed(desk)

    assert lists(desk) == [[1, 2, 3]]
    assert faults(desk) == []


def test_a_database_that_was_restored_into_a_younger_cluster_is_sealed_on(desk: Desk) -> None:
    """Its transactions have greater numbers than those of the cluster that it is in now."""
    recorded(desk, "thing.a", "thing.b")
    desk.sql("UPDATE audit SET xid = xid + 1000000000")
    signer = desk.tools.audit_signer
    assert signer is not None
    sealer = AuditSealer(desk.tools.db, signer)
    desk.sql("UPDATE audit SET xid = xid + 1 WHERE id = 2")
    with desk.tools.owner.begin() as connection:  # the old cluster had sealed its first row
        row = connection.execute(select(audit).where(audit.c.id == 1)).mappings().one()
        first = sealing._sealed([row], sealing.NOTHING, clock.now(), signer)  # noqa: SLF001
        connection.execute(audit_seal.insert(), first)
    recorded(desk, "thing.c")

    done = [sealer.seal() for _ in range(3)]
    recorded(desk, "thing.d")
    sealed(desk)

    assert done == [1, 1, 0]
    assert lists(desk) == [[1], [2], [3], [4]]
    assert [row.floor_id for row in desk.rows(audit_seal)][2:] == [2, 2]
    assert faults(desk) == []
    desk.sql("UPDATE audit SET actor = 'x' WHERE id = 2")
    desk.sql("INSERT INTO audit (id, xid, actor, event, detail) VALUES (0, 9000000000000, 'a', 'b.c', '{}')")
    assert [(each.kind.value, each.row_id) for each in faults(desk)] == [("changed", 2), ("added", 0)]


def test_a_check_from_a_time_on_begins_at_the_seal_before(desk: Desk) -> None:
    for event in ("thing.a", "thing.b", "thing.c"):
        recorded(desk, event)
        sealed(desk)
    since = desk.rows(audit_seal)[1].at + timedelta(microseconds=1)
    desk.sql("UPDATE audit SET actor = 'x' WHERE id = 1")

    check = verification(desk)

    assert list(check.faults(since)) == []
    assert (check.seals, check.rows) == (1, 1)


def test_the_schedule_puts_the_latest_seal_into_the_store(desk: Desk, tools: Container) -> None:
    recorded(desk, "thing.a")
    sealed(desk)
    fire_due(tools.db, schedule=[each for each in schedule_of(tools.policy) if each.kind is CHECKPOINT_AUDIT])
    desk.run_due(CHECKPOINT_AUDIT)

    (kept,) = published(tools.storage)
    assert (kept.name, kept.said is not None and kept.said.rows) == (name_of(1), 1)
    assert faults(desk) == []


def test_the_sweep_of_the_vault_leaves_checkpoints_where_they_are(desk: Desk, tools: Container) -> None:
    recorded(desk, "thing.a")
    sealed(desk)
    tools.storage.put_vault(name_of(1), b"{}", media_type="application/json")
    tools.storage.put_vault("orphan/large.jpg", b"x", media_type="image/jpeg")
    with tools.db.begin() as connection:
        ledger.record(connection, SWEEP_STORAGE, "now", trace="test")
    task_id = desk.only_task(SWEEP_STORAGE).id
    with tools.ledger.work(SWEEP_STORAGE, str(task_id)) as held:
        assert held is not None
        now = clock.now() + timedelta(days=1)
        sweep_storage(held, now=now, db=tools.db, storage=tools.storage, policy=tools.policy)

    assert desk.keys(tools.storage.vault) == [name_of(1)]
