"""Fingerprints of files, by which the same file or a similar picture of another member is found. They inform only.

A perceptual hash of 64 bits is cut into four bands of 16. Two hashes that differ in at most 7 bits differ in at most one bit in
one of the bands, so asking each band's index for its value and the 16 values one bit away finds every such pair. One at 8 bits
is found with a probability of 96 %, at 10 with 78 %; what lies further apart than `NEAR` is left out all the same.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    bindparam,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from pipeline.kernel.database import metadata

NEAR: Final = 7
"""Bits. Measured on photographs: re-encoded, resized, a little brighter or cropped by a hundredth, none is further from its
origin; two different ones are at least 16 apart. Pages of one printed form are often nearer: near is for photographs."""

MOST_PROBED: Final = 1000
"""Rows read for each value of a band, so that a picture that everybody sends costs no more than another."""

_BANDS: Final = range(4)
_BITS: Final = 16
_MASK: Final = 0xFFFF
_HEX: Final = 16
_SIGN: Final = 1 << 63
_LIKELY: Final = 10

fingerprint: Final = Table(
    "fingerprint",
    metadata,
    Column("material_id", Uuid, ForeignKey("material.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("phash", BigInteger),
    *(
        Column(f"band_{band}", Integer, Computed(f"((phash >> {_BITS * band}) & {_MASK})::integer", persisted=True))
        for band in _BANDS
    ),
    Index("ix_fingerprint_sha256", "sha256", "member_id", postgresql_include=["material_id"]),
    *(
        Index(
            f"ix_fingerprint_band_{band}",
            f"band_{band}",
            postgresql_include=["phash", "member_id", "material_id"],
            postgresql_where=text(f"band_{band} IS NOT NULL"),
        )
        for band in _BANDS
    ),
)


class Near(NamedTuple):
    """A picture of another member, and in how many of 64 bits its hash differs."""

    material_id: UUID
    member_id: str
    distance: int


class Exact(NamedTuple):
    """The same bytes from another member."""

    material_id: UUID
    member_id: str


def remember(connection: Connection, *, material_id: UUID, member_id: str, sha256: str, phash: str | None) -> None:
    """Keep a material's fingerprints, both in hexadecimal; what is known of it already stays. Raises ValueError for other text."""
    values = {
        "material_id": material_id,
        "member_id": member_id,
        "sha256": bytes.fromhex(sha256),
        "phash": _signed(phash),
    }
    connection.execute(insert(fingerprint).values(values).on_conflict_do_nothing(index_elements=["material_id"]))


def near(connection: Connection, phash: str, *, member_id: str, limit: int = 10) -> list[Near]:
    """Pictures of other members within `NEAR` bits of this hash (16 hexadecimal digits), the nearest first, at most `limit`.

    All there are, unless more than `MOST_PROBED` others share a band's value.
    """
    hashed = _signed(phash)
    keys = {f"keys_{band}": _keys(int(phash, _HEX) >> _BITS * band & _MASK) for band in _BANDS}
    rows = connection.execute(_NEAR, {"phash": hashed, "member": member_id, "bits": NEAR, "limit": limit, **keys})
    return [Near(*row) for row in rows]


def exact(connection: Connection, sha256: str, *, member_id: str, limit: int = _LIKELY) -> list[Exact]:
    """Materials of other members with exactly these bytes, at most `limit`, in no order."""
    same = (fingerprint.c.sha256 == bytes.fromhex(sha256)) & (fingerprint.c.member_id != member_id)
    rows = connection.execute(select(fingerprint.c.material_id, fingerprint.c.member_id).where(same).limit(limit))
    return [Exact(*row) for row in rows]


def _signed(phash: str | None) -> int | None:
    """As PostgreSQL keeps 64 bits."""
    if phash is None:
        return None
    value = int(phash, _HEX)
    return value - 2 * _SIGN if value >= _SIGN else value


def _keys(band: int) -> Sequence[int]:
    """The band's value and those one bit away."""
    return [band, *(band ^ 1 << bit for bit in range(_BITS))]


def _probe(band: int) -> str:
    """Reads nothing but the band's index."""
    return f"""
        SELECT probed.material_id, probed.member_id, probed.phash
        FROM unnest(:keys_{band}) AS key, LATERAL (
            SELECT material_id, member_id, phash FROM fingerprint
            WHERE band_{band} = key AND member_id <> :member LIMIT {MOST_PROBED}
        ) AS probed
    """  # noqa: S608  # the band's number and the limit are ours


_DISTANCE: Final = "bit_count((phash # :phash)::bit(64))"
_NEAR: Final = text(
    f"""
    SELECT DISTINCT material_id, member_id, {_DISTANCE}::integer AS distance
    FROM ({" UNION ALL ".join(_probe(band) for band in _BANDS)}) AS candidate
    WHERE {_DISTANCE} <= :bits
    ORDER BY distance, material_id LIMIT :limit
    """  # noqa: S608  # as above
).bindparams(
    bindparam("phash", type_=BigInteger),
    *(bindparam(f"keys_{band}", type_=ARRAY(Integer)) for band in _BANDS),
)
