"""Whoever owns the database changes the record. Each change is found, and the row is named."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from pipeline.audit import rules
from pipeline.audit.checkpoints import PREFIX, name_of
from pipeline.audit.sealing import AuditSealer, RecordChanged, statement
from pipeline.audit.tables import audit, audit_seal
from pipeline.kernel.signing import Signer
from tests.support.desk import Desk
from tests.support.records import checkpointed, faults, ids, kinds, named, recorded, sealed, sealed_one_by_one

EVENTS = ("thing.made", "thing.seen", "thing.moved", "thing.kept", "thing.ended")
FORGER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture
def rows(desk: Desk) -> Sequence[int]:
    """The ids of five rows in three seals, of which a checkpoint is in the store."""
    recorded(desk, *EVENTS[:2])
    sealed(desk)
    recorded(desk, *EVENTS[2:4])
    sealed(desk)
    sealed_one_by_one(desk, EVENTS[4])
    checkpointed(desk)
    return ids(desk)


def test_a_record_that_nobody_changed_is_found_as_it_is(desk: Desk, rows: Sequence[int]) -> None:
    assert len(rows) == 5
    assert faults(desk) == []


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody.else'",
        "event = 'thing.forgiven'",
        "at = at + interval '1 microsecond'",
        'detail = detail || \'{"of": "nothing"}\'',
        "detail = detail - 'of'",
        "submission_id = gen_random_uuid()",
        "correlation_id = 'another'",
        "version = 7",
        "from_state = 'received'",
        "to_state = 'approved'",
        "xid = xid + 1000000000",
        "xid = 0",
    ],
)
def test_a_changed_row_is_named(desk: Desk, rows: Sequence[int], change: str) -> None:
    desk.sql(f"UPDATE audit SET {change} WHERE id = :id", id=rows[2])  # noqa: S608  (our own words)

    found = named(desk)

    assert ("changed", rows[2]) in found
    assert {row for _, row in found} == {rows[2]}


@pytest.mark.parametrize("which", [0, 1, 4])
def test_a_deleted_row_is_named(desk: Desk, rows: Sequence[int], which: int) -> None:
    desk.sql("DELETE FROM audit WHERE id = :id", id=rows[which])

    assert named(desk) == {("missing", rows[which])}


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 2), (0, 4)])
def test_two_rows_that_changed_places_are_named(desk: Desk, rows: Sequence[int], one: int, other: int) -> None:
    first, second = rows[one], rows[other]
    desk.sql("UPDATE audit SET id = -1 WHERE id = :id", id=first)
    desk.sql("UPDATE audit SET id = :new WHERE id = :id", new=first, id=second)
    desk.sql("UPDATE audit SET id = :new WHERE id = -1", new=second)

    found = named(desk)

    assert "reordered" in {kind for kind, _ in found}
    assert {row for _, row in found} == {first, second}


def test_two_rows_that_changed_all_but_their_ids_are_named(desk: Desk, rows: Sequence[int]) -> None:
    desk.sql(
        "UPDATE audit SET (event, detail, at) = (SELECT event, detail, at FROM audit other WHERE other.id = :a + :b - audit.id)"
        " WHERE id IN (:a, :b)",
        a=rows[0],
        b=rows[3],
    )

    assert named(desk) == {("changed", rows[0]), ("changed", rows[3])}


def test_a_row_that_was_put_among_sealed_ones_is_named(desk: Desk, rows: Sequence[int]) -> None:
    desk.sql(
        "INSERT INTO audit (id, xid, at, actor, event, detail) SELECT 900, xid, at, actor, event, detail FROM audit WHERE id = :id",
        id=rows[1],
    )

    assert named(desk) == {("added", 900)}


def test_a_row_below_every_other_is_named(desk: Desk, rows: Sequence[int]) -> None:
    desk.sql("INSERT INTO audit (id, xid, actor, event, detail) VALUES (-5, -5, 'a', 'thing.invented', '{}')")

    assert ("added", -5) in named(desk)
    assert len(rows) == 5


def test_a_row_that_was_added_later_with_an_earlier_time_is_named(desk: Desk, rows: Sequence[int]) -> None:
    desk.sql(
        "INSERT INTO audit (id, at, actor, event, detail) VALUES (900, now() - interval '1 day', 'a', 'b.c', '{}')"
    )
    sealed(desk)

    assert named(desk) == {("backdated", 900)}
    assert len(rows) == 5


def test_a_removed_end_is_told_by_the_checkpoint(desk: Desk, rows: Sequence[int]) -> None:
    desk.sql("DELETE FROM audit WHERE id = :id", id=rows[4])
    desk.sql("DELETE FROM audit_seal WHERE number = 3")

    (fault,) = faults(desk)

    assert (fault.kind, fault.checkpoint) == ("missing_tail", name_of(3))
    assert "ends at seal 2 with 4 rows" in fault.words
    assert "seal 3 with 5 rows" in fault.words


@pytest.mark.parametrize("emptied", ["TRUNCATE audit, audit_seal", "TRUNCATE audit_seal"])
def test_a_record_without_seals_is_told_by_the_checkpoint(desk: Desk, rows: Sequence[int], emptied: str) -> None:
    desk.sql(emptied)

    assert kinds(desk) == {"missing_tail"}
    assert len(rows) == 5


def test_an_emptied_table_names_every_row(desk: Desk, rows: Sequence[int]) -> None:
    desk.sql("TRUNCATE audit")

    assert named(desk) == {("missing", each) for each in rows}


def test_a_missing_seal_is_named(desk: Desk, rows: Sequence[int]) -> None:
    desk.sql("DELETE FROM audit_seal WHERE number = 2")

    assert "missing_seal" in kinds(desk)
    assert len(rows) == 5


def test_a_changed_list_of_a_seal_is_named(desk: Desk, rows: Sequence[int]) -> None:
    with desk.tools.db.read() as connection:
        row = connection.execute(select(audit).where(audit.c.id == rows[0])).mappings().one()
    forged = rules.row_digest({**row, "actor": "somebody.else"})
    desk.sql("UPDATE audit SET actor = 'somebody.else' WHERE id = :id", id=rows[0])
    desk.sql("UPDATE audit_seal SET digests = :d || substr(digests, 33) WHERE number = 1", d=forged)

    assert [(each.kind.value, each.seal) for each in faults(desk)] == [("broken_seal", 1)]


def rewritten(desk: Desk, signer: Signer | None) -> None:
    """The whole chain anew over what the rows say now; signed by another key, or with the signatures that were there."""
    before: Any = {"head": rules.START, "number": 0}
    with desk.tools.owner.begin() as connection:
        content = {row["id"]: row for row in connection.execute(select(audit)).mappings()}
        for kept in connection.execute(select(audit_seal).order_by(audit_seal.c.number)).mappings().all():
            listed = [(each, rules.row_digest(content[each])) for each in kept["ids"]]
            head = rules.next_head(before["head"], kept["number"], listed)
            new = {**kept, "head": head, "digests": b"".join(digest for _, digest in listed)}
            if signer is not None:
                signature = signer.sign(statement(new).signed_bytes())
                new |= {"key": signer.name, "signature": signature}
            connection.execute(audit_seal.update().where(audit_seal.c.number == kept["number"]).values(new))
            before = new


@pytest.mark.parametrize("signer", [None, FORGER], ids=["the old signatures", "another key"])
def test_a_chain_that_was_computed_anew_without_the_key_is_told(
    desk: Desk, rows: Sequence[int], signer: Signer | None
) -> None:
    desk.sql("UPDATE audit SET actor = 'somebody.else' WHERE id = :id", id=rows[2])
    rewritten(desk, signer)

    found = [(each.kind.value, each.seal) for each in faults(desk)]

    assert ("forged_seal", 2) in found
    assert ("rewritten", 3) in found


def test_a_chain_that_the_relay_was_made_to_sign_anew_is_told_by_the_checkpoint(
    desk: Desk, rows: Sequence[int]
) -> None:
    desk.sql("UPDATE audit SET actor = 'somebody.else' WHERE id = :id", id=rows[2])
    desk.sql("TRUNCATE audit_seal")
    sealed(desk)
    recorded(desk, "thing.later")
    sealed(desk)
    recorded(desk, "thing.last")
    sealed(desk)

    assert kinds(desk) == {"rewritten"}


def test_a_relay_signs_nothing_over_seals_that_were_taken_back(desk: Desk) -> None:
    recorded(desk, *EVENTS)
    relay = AuditSealer(desk.tools.db, desk.tools.audit_signer)
    assert relay.seal() == len(EVENTS)

    desk.sql("TRUNCATE audit_seal")

    with pytest.raises(RecordChanged):
        relay.seal()
    assert desk.rows(audit_seal) == []


def store(desk: Desk, name: str, said: dict[str, Any], signer: Signer, words: bytes) -> None:
    body = {"statement": said, "key": signer.name, "signature": signer.sign(words).hex()}
    desk.tools.storage.put_vault(name, orjson.dumps(body), media_type="application/json")


def test_a_checkpoint_that_another_key_signed_is_named(desk: Desk, rows: Sequence[int]) -> None:
    said = statement(seal_row(desk, 2))
    store(desk, name_of(2), said.shown(), FORGER, said.signed_bytes())

    assert [(each.kind.value, each.checkpoint) for each in faults(desk)] == [("forged_checkpoint", name_of(2))]
    assert len(rows) == 5


def test_a_true_checkpoint_under_the_name_of_another_is_named(desk: Desk, rows: Sequence[int]) -> None:
    body = desk.tools.storage.read(desk.tools.storage.vault, name_of(3))
    assert body is not None
    desk.tools.storage.put_vault(name_of(9), body, media_type="application/json")

    assert [(each.kind.value, each.checkpoint) for each in faults(desk)] == [("forged_checkpoint", name_of(9))]
    assert len(rows) == 5


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"statement": {"number": "x"}}', b"\xff\xfe"])
def test_a_checkpoint_that_cannot_be_read_is_named(desk: Desk, rows: Sequence[int], body: bytes) -> None:
    desk.tools.storage.put_vault(f"{PREFIX}anything", body, media_type="application/json")

    assert kinds(desk) == {"forged_checkpoint"}
    assert len(rows) == 5


def test_the_command_names_the_row_and_ends_with_one(
    desk: Desk, rows: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in desk.tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))
    arguments = ["audit", "verify", "--json"]
    fine = CliRunner().invoke(app(arguments), arguments)
    desk.sql("UPDATE audit SET actor = 'somebody.else' WHERE id = :id", id=rows[2])

    wrong = CliRunner().invoke(app(arguments), arguments)

    assert (fine.exit_code, orjson.loads(fine.stdout)["rows"]) == (0, 5)
    assert wrong.exit_code == 1
    assert [(each["kind"], each["row_id"]) for each in orjson.loads(wrong.stdout)["faults"]] == [("changed", rows[2])]


def seal_row(desk: Desk, number: int) -> Any:
    with desk.tools.db.read() as connection:
        return connection.execute(select(audit_seal).where(audit_seal.c.number == number)).mappings().one()
