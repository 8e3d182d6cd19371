import math
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Table,
    Text,
    Uuid,
    and_,
    func,
    insert,
    not_,
    or_,
    select,
    text,
    true,
)

from pipeline.kernel.database import Database, Instant, metadata, one_at_a_time
from pipeline.kernel.errors import Invalid, Overloaded, Problem
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.ownership.rules import Reach
from pipeline.ownership.tables import within
from pipeline.policy import Policy
from pipeline.policy.files import Allowance, FileLimits, Upload
from pipeline.submission.tables import material, submission
from schemas.submissions import FileLimit, UploadLimits, UploadRequest, UploadSlot

log = structlog.get_logger()

upload_slot: Final = Table(
    "upload_slot",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("ended_at", Instant),
    Index("ix_upload_slot_expires_at", "expires_at"),
    Index("ix_upload_slot_waiting", "owner", postgresql_where=text("used_at IS NULL")),
)


class TooMuchWaiting(Overloaded):
    """The caller's own uploads wait for a submission, as many as one may have. Nothing was done."""

    code = "too_many_uploads"


def open_slot(
    request: UploadRequest,
    *,
    owner: str,
    allowance: Allowance,
    now: datetime,
    db: Database,
    storage: Storage,
    policy: Policy,
    request_once: Once | None = None,
) -> UploadSlot:
    """A presigned PUT for one file, with its type and length signed, that can be put once.

    The type is what the sender believes. It refuses nothing: inspection judges the content, and reports a difference (DOMAIN §1, §9).
    A repeated request gets its slot again, with a link that is signed anew: links are not kept. Raises Invalid for a file that is too
    long, TooMuchWaiting.
    """
    limits = policy.files.avatar if request.purpose == "avatar" else policy.files.material
    if problems := _problems(request, limits):
        raise Invalid(problems)
    slot_id = new_id()
    key = f"{request.purpose}/{slot_id}"
    expires_at = now + timedelta(seconds=policy.upload.expires_seconds)
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request_once)) is not None:
            return _signed(earlier["key"], request, datetime.fromisoformat(earlier["expires_at"]), now, storage)
        one_at_a_time(
            connection, f"uploads:{owner}"
        )  # so that two requests at once do not both count before either is there
        _require_room(connection, owner, request.length, now=now, allowance=allowance, rules=policy.upload)
        row = {"id": slot_id, "key": key, "owner": owner, "created_at": now, "expires_at": expires_at}
        connection.execute(
            insert(upload_slot), {**row, **request.model_dump(include={"purpose", "media_type", "length"})}
        )
        remember(connection, request_once, {"key": key, "expires_at": expires_at.isoformat()})
    log.info("upload.slot_opened", key=key, purpose=request.purpose, length=request.length)
    return _signed(key, request, expires_at, now, storage)


def limits_of(policy: Policy) -> UploadLimits:
    """What a file may be, by its purpose."""
    files = policy.files
    return UploadLimits(
        avatar=FileLimit(media_types=files.avatar.media_types, max_bytes=files.avatar.max_bytes),
        material=FileLimit(media_types=files.material.media_types, max_bytes=files.material.max_bytes),
    )


def not_theirs(files: Mapping[str, str], *, owner: str, db: Database) -> list[Problem]:
    """A problem for each file that is not in a slot of this owner; `files` maps the path of each in the request to its key."""
    mine = select(upload_slot.c.key).where(upload_slot.c.key.in_(files.values()), upload_slot.c.owner == owner)
    with db.read() as connection:
        own = set(connection.execute(mine).scalars())
    return [_not_yours(path) for path, key in files.items() if key not in own]


def anothers(files: Mapping[str, str], *, owners: Collection[str], reach: Reach, db: Database) -> list[Problem]:
    """A problem for each file that lies in a slot of somebody else, or was submitted out of this reach.

    A service may put files into the store itself. So a file without a slot is nobody else's, unless somebody has submitted it.
    """
    keys = files.values()
    slots = select(upload_slot.c.key).where(upload_slot.c.key.in_(keys), upload_slot.c.owner.not_in(owners))
    seen = within(reach, service=submission.c.service, member=submission.c.member_id)
    submitted = (
        select(func.coalesce(material.c.given_key, material.c.upload_key))
        .join(submission, submission.c.id == material.c.submission_id)
        .where(or_(material.c.given_key.in_(keys), material.c.upload_key.in_(keys)), not_(and_(true(), *seen)))
    )
    with db.read() as connection:
        taken = set(connection.execute(slots.union(submitted)).scalars())
    return [_not_yours(path) for path, key in files.items() if key in taken]


def _not_yours(path: str) -> Problem:
    return Problem(path, "not_your_upload", "You did not upload this file. Upload it again, into a slot of your own.")


def _signed(key: str, request: UploadRequest, expires_at: datetime, now: datetime, storage: Storage) -> UploadSlot:
    seconds = max(1, int((expires_at - now).total_seconds()))
    signed = storage.presign_put(key, media_type=request.media_type, length=request.length, seconds=seconds)
    return UploadSlot(key=key, url=signed.url, headers=dict(signed.headers), expires_at=expires_at)


def _require_room(
    connection: Connection, owner: str, length: int, *, now: datetime, allowance: Allowance, rules: Upload
) -> None:
    """Raises TooMuchWaiting where this file is one too many, or too long, beside those that wait already."""
    waiting = (upload_slot.c.owner == owner, upload_slot.c.used_at.is_(None), upload_slot.c.ended_at.is_(None))
    count, total = func.count(), func.coalesce(func.sum(upload_slot.c.length), 0)
    row = connection.execute(select(count, total, func.min(upload_slot.c.created_at)).where(*waiting)).one()
    slots, size, oldest = row
    if slots < allowance.slots and size + length <= allowance.bytes:
        return
    frees_at = (oldest or now) + timedelta(hours=rules.unused_hours)
    raise TooMuchWaiting(
        f"{slots} uploads with {size:,} bytes wait for a submission. At most {allowance.slots} uploads and {allowance.bytes:,} bytes may. "
        "Submit what was uploaded, or repeat the request after the time in Retry-After.",
        retry_after_seconds=max(1, math.ceil((frees_at - now).total_seconds())),
    )


def _problems(request: UploadRequest, limits: FileLimits) -> list[Problem]:
    if request.length <= limits.max_bytes:
        return []
    message = (
        f"A file for {request.purpose} may have at most {limits.max_bytes:,} bytes; this one has {request.length:,}."
    )
    return [Problem("length", "file_too_large", message)]
