"""Rotation: a new key for the same service, while the one before stays valid for an overlap. Time is the database's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, RowMapping, func, select, update

from pipeline.access.api_keys import LIVE, api_key, audit_key, insert_key, no_live_key
from pipeline.access.personal_keys import hand_on
from pipeline.access.rules.keys import overlap_problem
from pipeline.access.rules.scopes import beyond
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Conflict, Forbidden, Invalid
from pipeline.kernel.ids import new_id
from pipeline.policy.sign_in import KeyRules

log = structlog.get_logger()

_KEPT: Final = ("name", "service", "scopes", "members_prefix", "reviewer_id", "expires_at")
"""What a key hands on to its successor. Its end is one of these: a rotation does not make a key last longer."""


class KeyRotated(Conflict):
    """The key has a live successor already. Revoke that one first, or rotate it."""

    code = "key_rotated"


@dataclass(frozen=True, slots=True)
class Rotator:
    """Who rotates a key: their name for the history, and what they may hand out. None: any scopes (an operator, an administrator).

    `is_person` says that it is the person of that name, signed in, and no command or key.
    """

    name: str
    scopes: Collection[str] | None = None
    is_person: bool = False


@dataclass(frozen=True, slots=True)
class Rotation:
    """The new key, shown once, and when the one before ends."""

    key_id: UUID
    key: str
    expires_at: datetime | None
    follows: UUID
    previous_valid_until: datetime


def rotate_key(
    key_id: UUID, *, overlap: timedelta | None = None, by: Rotator, rules: KeyRules, db: Database
) -> Rotation:
    """Make a successor with another secret; the present key ends after the overlap (None: the policy's), or sooner if it would.

    Name, service, scopes, prefix and end stay the same, so the successor sees what the key has sent and repeats its requests.
    Two at once make one successor. Raises NotFound, Forbidden, KeyRotated, Invalid.
    """
    overlap = timedelta(hours=rules.overlap_hours) if overlap is None else overlap
    if problem := overlap_problem(overlap, timedelta(hours=rules.longest_overlap_hours)):
        raise Invalid([problem])
    new = new_id()
    with db.begin() as connection:
        row = _locked(connection, key_id)
        _require_may_rotate(row, by)
        key = insert_key(connection, {"id": new, "follows": key_id, **{name: row[name] for name in _KEPT}})
        hand_on(connection, key_id, new)
        ends = func.least(api_key.c.expires_at, func.now() + overlap)  # `least` leaves nulls out
        change = update(api_key).where(api_key.c.id == key_id).values(expires_at=ends)
        until = connection.execute(change.returning(api_key.c.expires_at)).scalar_one()
        audit_key(connection, "key.rotated", key_id, actor=by.name, new_key=str(new), valid_until=until.isoformat())
    log.info("key.rotated", key_id=str(key_id), new_key_id=str(new))
    return Rotation(new, key, row["expires_at"], key_id, until)


def _locked(connection: Connection, key_id: UUID) -> RowMapping:
    """The live key. Whoever rotates or revokes it at the same moment comes after. Raises NotFound, KeyRotated."""
    mine = select(api_key).where(api_key.c.id == key_id, *LIVE).with_for_update()
    row = connection.execute(mine).mappings().one_or_none()
    if row is None:
        raise no_live_key(key_id)
    successor: Any = select(api_key.c.id).where(api_key.c.follows == key_id, api_key.c.revoked_at.is_(None))
    if (after := connection.execute(successor).scalar()) is not None:
        raise KeyRotated(f"Key {key_id} was rotated before. Rotate its successor {after}, or revoke that one first.")
    return row


def _require_may_rotate(row: RowMapping, by: Rotator) -> None:
    """Who rotates a key gets its secret, so a person's key is rotated by that person, and no key hands out more than it has."""
    if row["reviewer_id"] is not None and not (by.is_person and by.name == row["reviewer_id"]):
        raise Forbidden(f"This key speaks for {row['reviewer_id']}, who rotates it at the console.")
    if by.scopes is not None and (more := beyond(row["scopes"], by.scopes)):
        raise Forbidden(
            f"This key may do more than yours: {', '.join(more)}. Rotate it with one that may do that, too."
        )
