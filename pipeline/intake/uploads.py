from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid, func, insert, select

from pipeline.kernel.database import Database, Instant, metadata
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy
from pipeline.policy.files import FileLimits
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
    Index("ix_upload_slot_expires_at", "expires_at"),
)


def open_slot(
    request: UploadRequest,
    *,
    owner: str,
    now: datetime,
    db: Database,
    storage: Storage,
    policy: Policy,
    request_once: Once | None = None,
) -> UploadSlot:
    """A presigned PUT for one file, with its type and length signed. Raises Invalid where the policy has no such file."""
    limits = policy.files.avatar if request.purpose == "avatar" else policy.files.material
    if problems := _problems(request, limits):
        raise Invalid(problems)
    slot_id = new_id()
    key = f"{request.purpose}/{slot_id}"
    seconds = policy.upload.expires_seconds
    signed = storage.presign_put(key, media_type=request.media_type, length=request.length, seconds=seconds)
    slot = UploadSlot(
        key=key, url=signed.url, headers=dict(signed.headers), expires_at=now + timedelta(seconds=seconds)
    )
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request_once)) is not None:
            return UploadSlot.model_validate(earlier)
        row = {"id": slot_id, "key": key, "owner": owner, "expires_at": slot.expires_at}
        connection.execute(
            insert(upload_slot), {**row, **request.model_dump(include={"purpose", "media_type", "length"})}
        )
        remember(connection, request_once, slot.model_dump(mode="json"))
    log.info("upload.slot_opened", key=key, purpose=request.purpose, length=request.length)
    return slot


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
    message = "This member did not upload this file. Upload it again, into a slot of your own."
    return [Problem(path, "not_your_upload", message) for path, key in files.items() if key not in own]


def _problems(request: UploadRequest, limits: FileLimits) -> list[Problem]:
    problems = []
    if request.media_type not in limits.media_types:
        known = ", ".join(limits.media_types)
        problems.append(Problem("media_type", "unsupported_type", f"Files for {request.purpose} are {known}."))
    if request.length > limits.max_bytes:
        message = f"A file for {request.purpose} may have at most {limits.max_bytes:,} bytes; this one has {request.length:,}."
        problems.append(Problem("length", "file_too_large", message))
    return problems
