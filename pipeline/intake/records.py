"""The rows that an accepted submission becomes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.working_days import Due
from pipeline.policy.methods import BusinessEmail
from pipeline.submission.evidence.rules import email_domains, tax_numbers
from pipeline.submission.lifecycle import State
from pipeline.submission.queues import first_queue
from schemas.submissions import (
    AvatarSubmission,
    BusinessEmailSubmission,
    MaterialReference,
    MaterialsSubmission,
    TaxNumberSubmission,
    VerificationSubmission,
)

Command = AvatarSubmission | VerificationSubmission


@dataclass(frozen=True, slots=True)
class Door:
    """Through which door a submission came (`http`, `queue`, `cli`), who brought it, and the id that ties its log lines together."""

    name: str
    caller: str
    correlation_id: str


def submission_row(
    submission_id: UUID,
    command: Command,
    *,
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
        "state": first_state(command),
        "queue": first_queue(command.kind),
        "chance": chance,
        "door": door.name,
        "accepted_by": door.caller,
        "accepted_at": now,
        "target_at": due.target_at,
        "due_at": due.promise_at,
        "due_rule": dict(due.rule),
        "watch_at": due.warn_at,
        "policy_version": policy_version,
        "correlation_id": door.correlation_id,
    }


def first_state(command: Command) -> State:
    """Where a submission begins: one whose code is on its way waits for that; the others are looked at first."""
    return State.AWAITING_CODE if isinstance(command, BusinessEmailSubmission) else State.RECEIVED


def material_rows(submission_id: UUID, command: Command) -> list[dict[str, Any]]:
    """What a reviewer answers for: each file as upstream declared it, or the tax number; nothing where a code decides."""
    if isinstance(command, AvatarSubmission):
        return [_file_row(submission_id, 0, MaterialReference(kind="avatar", file=command.file))]
    if isinstance(command, MaterialsSubmission):
        return [_file_row(submission_id, *each) for each in enumerate(command.materials)]
    if isinstance(command, TaxNumberSubmission):
        return [{"id": new_id(), "submission_id": submission_id, "position": 0, "kind": command.method}]
    return []


def tax_number_row(submission_id: UUID, command: TaxNumberSubmission) -> dict[str, Any]:
    """The number as it was written, and as it is kept where it can be one."""
    given = command.tax_number
    checked = tax_numbers.check(given.country, given.number)
    return {
        "submission_id": submission_id,
        "member_id": command.member_id,
        "country": given.country,
        "written": given.number,
        "number": checked.number,
    }


def business_email_row(
    submission_id: UUID, command: BusinessEmailSubmission, *, now: datetime, rules: BusinessEmail
) -> dict[str, Any]:
    """The address to which a first code is sent, and whether its domain is that of the company's site."""
    address = email_domains.plain_address(command.business_email)
    assert address is not None  # noqa: S101  (the rules of the door have seen to that)
    return {
        "submission_id": submission_id,
        "address": address,
        "site_matches": email_domains.matches_site(email_domains.domain_of(address), command.form, rules),
        "code_asked_at": now,
        "codes_since": now,
    }


def _file_row(submission_id: UUID, position: int, given: MaterialReference) -> dict[str, Any]:
    return {
        "id": new_id(),
        "submission_id": submission_id,
        "position": position,
        "kind": given.kind,
        "upload_key": given.file.key,
        "filename": given.file.filename,
        "declared_type": given.file.media_type,
        "declared_bytes": given.file.length,
        "declared_sha256": given.file.sha256,
    }
