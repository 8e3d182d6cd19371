from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, text

from config.container import Container
from pipeline.inspection.fingerprints import NEAR, exact, fingerprint, near, remember
from pipeline.kernel.database import metadata
from pipeline.submission.tables import material
from tests.support.desk import Desk

HASH = 0x8123_4567_89AB_CDEF
BYTES = "ab" * 32

# Each takes as many bits as it says from one band, or from all four in turn.
WITHIN = {
    "none": 0,
    "one": 1,
    "seven of one band": 0x7F,
    "seven of the last band": 0xFE << 56,
    "two, two, two and one": 0x0003_0003_0003_0001,
    "one, two, two and two": 0x8000_C000_C000_C000,
    "six and one": 0x003F_0000_0000_8000,
    "the sign alone": 1 << 63,
}


@pytest.fixture(autouse=True)
def table(all_servers: Container) -> None:
    metadata.create_all(all_servers.owner.engine, tables=[fingerprint])


@pytest.fixture
def desk(table: None, tools: Container) -> Desk:  # noqa: ARG001  # the table must be there before it is emptied
    return Desk(tools)


@pytest.fixture
def connection(desk: Desk) -> Iterator[Connection]:
    with desk.tools.owner.begin() as opened:
        yield opened


def sent(desk: Desk, member: str, *, phash: int | None = HASH, sha256: str = BYTES) -> UUID:
    """A material of this member whose fingerprints are kept."""
    submission = desk.submit_avatar(member)
    with desk.tools.db.begin() as opened:
        found = opened.execute(select(material.c.id).where(material.c.submission_id == submission)).scalar_one()
        remember(
            opened, material_id=found, member_id=member, sha256=sha256, phash=None if phash is None else f"{phash:016x}"
        )
    assert isinstance(found, UUID)
    return found


def asked(connection: Connection, phash: int = HASH, *, member: str = "m-9", limit: int = 10) -> list[tuple[str, int]]:
    return [
        (each.member_id, each.distance) for each in near(connection, f"{phash:016x}", member_id=member, limit=limit)
    ]


def test_the_same_picture_of_another_member_is_found(desk: Desk, connection: Connection) -> None:
    origin = sent(desk, "m-1")

    assert near(connection, f"{HASH:016x}", member_id="m-2") == [(origin, "m-1", 0)]


@pytest.mark.parametrize("name", WITHIN)
def test_every_picture_within_the_distance_is_found_once(desk: Desk, connection: Connection, name: str) -> None:
    sent(desk, "m-1")

    assert asked(connection, HASH ^ WITHIN[name]) == [("m-1", WITHIN[name].bit_count())]


@pytest.mark.parametrize("changed", [0xFF, 0x0003_0003_0003_0003, 0xFFFF_FFFF_FFFF_FFFF])
def test_one_further_away_is_not(desk: Desk, connection: Connection, changed: int) -> None:
    sent(desk, "m-1")

    assert changed.bit_count() > NEAR
    assert asked(connection, HASH ^ changed) == []


def test_the_members_own_pictures_are_left_out(desk: Desk, connection: Connection) -> None:
    sent(desk, "m-1")
    sent(desk, "m-2", phash=HASH ^ 1)

    assert asked(connection, member="m-1") == [("m-2", 1)]


def test_the_nearest_come_first_and_no_more_than_asked_for(desk: Desk, connection: Connection) -> None:
    sent(desk, "m-1", phash=HASH ^ 0b111)
    sent(desk, "m-2", phash=HASH ^ 0b1)
    sent(desk, "m-3", phash=HASH)

    assert asked(connection, limit=2) == [("m-3", 0), ("m-2", 1)]


def test_a_file_without_a_hash_is_near_nothing_but_its_bytes_are_known(desk: Desk, connection: Connection) -> None:
    origin = sent(desk, "m-1", phash=None)

    assert asked(connection, 0) == []
    assert exact(connection, BYTES, member_id="m-2") == [(origin, "m-1")]


def test_the_same_bytes_are_found_with_other_members_only(desk: Desk, connection: Connection) -> None:
    theirs = sent(desk, "m-1")
    sent(desk, "m-2")
    sent(desk, "m-3", sha256="cd" * 32)

    assert exact(connection, BYTES, member_id="m-2") == [(theirs, "m-1")]


def test_remembering_twice_changes_nothing(desk: Desk, connection: Connection) -> None:
    origin = sent(desk, "m-1")

    remember(connection, material_id=origin, member_id="m-1", sha256="cd" * 32, phash=None)

    assert asked(connection) == [("m-1", 0)]
    assert exact(connection, "cd" * 32, member_id="m-2") == []


def test_a_fingerprint_goes_with_its_material(desk: Desk, connection: Connection) -> None:
    origin = sent(desk, "m-1")

    connection.execute(material.delete().where(material.c.id == origin))

    assert asked(connection) == []


@pytest.mark.parametrize(("sha256", "phash"), [("no hexadecimal", None), ("ab", "zz")])
def test_what_is_no_hexadecimal_is_refused(connection: Connection, sha256: str, phash: str | None) -> None:
    with pytest.raises(ValueError, match=r"hex|base"):
        remember(connection, material_id=UUID(int=1), member_id="m-1", sha256=sha256, phash=phash)


CROWD = text(
    """
    INSERT INTO fingerprint (material_id, member_id, sha256, phash)
    SELECT gen_random_uuid(), :member, sha256(i::text::bytea), CAST(:phash AS bigint) + i * CAST(:step AS bigint)
    FROM generate_series(1, 3000) AS i
    """
)


def crowd(connection: Connection, *, member: str, step: int) -> None:
    """Three thousand fingerprints, `step` apart, of materials that are not there."""
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    connection.execute(CROWD, {"member": member, "phash": HASH - 2**64, "step": step})


def test_a_members_own_thousands_of_uploads_hide_nobody_elses(desk: Desk, connection: Connection) -> None:
    sent(desk, "m-1", phash=HASH ^ 0b11)

    crowd(connection, member="m-2", step=0)

    assert asked(connection, member="m-2") == [("m-1", 2)]


def test_a_picture_that_thousands_sent_is_told_by_as_many_as_asked_for(connection: Connection) -> None:
    crowd(connection, member="m-2", step=0)

    assert asked(connection, limit=3) == [("m-2", 0)] * 3


def test_a_bands_value_is_looked_up_in_its_index(connection: Connection) -> None:
    crowd(connection, member="m-2", step=2**45)
    connection.exec_driver_sql("ANALYZE fingerprint")

    plan = connection.exec_driver_sql(
        "EXPLAIN SELECT material_id, member_id, phash FROM fingerprint WHERE band_3 = 33060"
    )

    assert "ix_fingerprint_band_3" in "\n".join(plan.scalars())
