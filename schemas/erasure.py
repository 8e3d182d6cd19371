from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from schemas.base import Frozen, Line
from schemas.numbers import Time


class Receipt(Frozen):
    """What an erasure did. `member` is a digest of the member's id; `rows` are by table, `objects` by bucket."""

    version: Literal[1] = 1
    erasure_id: UUID
    member: str
    asked_at: datetime
    deadline_at: datetime
    finished_at: datetime
    steps: Mapping[str, datetime]
    rows: Mapping[str, int]
    objects: Mapping[str, int]
    mails_in_folder: int
    policy_version: str


class SignedReceipt(Frozen):
    """A receipt with its Ed25519 signature, and the public key that checks it; both in base64."""

    receipt: Receipt
    key: Annotated[str, StringConstraints(max_length=100)]
    signature: Annotated[str, StringConstraints(max_length=200)]


class ErasureView(Frozen):
    """How far an erasure is: `hidden` (on no page any more), `held` (a legal hold keeps what is left until it ends), or `finished`.

    `objects_left` counts files that are still to be deleted. The receipt is there once it has finished.
    """

    erasure_id: UUID
    state: Literal["hidden", "held", "finished"]
    asked_at: datetime
    deadline_at: datetime
    finished_at: datetime | None
    steps: Mapping[str, datetime]
    objects_left: int
    receipt: SignedReceipt | None


class HoldRequest(Frozen):
    """Keep everything of a member until a time, for a reason such as a court's order."""

    reason: Line
    until: Time


class HoldView(Frozen):
    """A legal hold: until then nothing of the member is swept or erased."""

    member_id: str
    reason: str
    until: datetime
    placed_by: str
    placed_at: datetime
