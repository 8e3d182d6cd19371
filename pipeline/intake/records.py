from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.working_days import Due
from pipeline.ownership.rules import is_test
from pipeline.submission.lifecycle import State, first_queue
from schemas.submissions import AvatarSubmission, MaterialReference, MaterialsSubmission, VerificationSubmission

Command = AvatarSubmission | VerificationSubmission


@dataclass(frozen=True, slots=True)
class Door:
    """The door of a submission (`http`, `queue`, `cli`), who called, and the id that joins its log lines.

    `service` is the upstream service that sent it: by its key, or as the message or the command names it. Where nobody named one it is
    the service that owns the member; where nobody does, the door stands for it.
    """

    name: str
    caller: str
    correlation_id: str
    service: str | None = None

    @property
    def sends_as(self) -> str:
        """The service that the submission belongs to."""
        return self.service or self.name


def submission_row(
    submission_id: UUID,
    command: Command,
    *,
    state: State,
    door: Door,
    now: datetime,
    due: Due,
    policy_version: str,
    chance: int | None,
) -> dict[str, Any]:
    """A submission as it is received, with its due time and the rule behind it."""
    asked = command.model_dump(
        mode="json", include={"kind", "member_id", "member", "method", "stage", "identity", "form"}
    )
    return {
        "method": None,
        "stage": None,
        "identity": None,
        "form": None,
        **asked,
        "id": submission_id,
        "state": state,
        "queue": first_queue(command.kind, test=is_test(door.sends_as)),
        "chance": chance,
        "door": door.name,
        "accepted_by": door.caller,
        "service": door.sends_as,
        "accepted_at": now,
        "target_at": due.target_at,
        "due_at": due.promise_at,
        "due_rule": dict(due.rule),
        "watch_at": due.warn_at,
        "policy_version": policy_version,
        "correlation_id": door.correlation_id,
    }


def file_rows(submission_id: UUID, command: Command, *, slot_types: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row of `material` for each file, as upstream declared it; none where the evidence is no file.

    `slot_types` has the media types that were declared for upload slots, by key: they count where the submission declares none.
    """
    given: tuple[MaterialReference, ...] = ()
    if isinstance(command, AvatarSubmission):
        given = (MaterialReference(kind="avatar", file=command.file),)
    elif isinstance(command, MaterialsSubmission):
        given = command.materials
    return [_file_row(submission_id, place, each, slot_types) for place, each in enumerate(given)]


def keys_of(command: Command) -> dict[str, str]:
    """The key of each file, by its path in the request."""
    if isinstance(command, AvatarSubmission):
        return {"file.key": command.file.key}
    if isinstance(command, MaterialsSubmission):
        return {f"materials.{position}.file.key": each.file.key for position, each in enumerate(command.materials)}
    return {}


def _file_row(
    submission_id: UUID, position: int, given: MaterialReference, slot_types: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "submission_id": submission_id,
        "position": position,
        "kind": given.kind,
        "upload_key": given.file.key,
        "filename": given.file.filename,
        "declared_type": given.file.media_type or slot_types.get(given.file.key),
        "declared_bytes": given.file.length,
        "declared_sha256": given.file.sha256,
    }
