"""The entries of the points ledger, and the balance after each (DOMAIN §5). Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from pipeline.kernel.errors import Conflict, Invalid, Problem
from pipeline.kernel.translatable import msgid
from pipeline.policy.account import Points
from schemas.points import CorrectionRequest, EarningRequest, EntryType, PenaltyRequest, PointsEntry, RedemptionRequest

T = TypeVar("T")

PENALTIES: Final = "penalty"
"""The source of every penalty; the source's id is the submission's. Other services may not use the name."""


class InsufficientPoints(Conflict):
    """A redemption costs more than the balance."""

    code = "insufficient_points"


class SourceUsed(Conflict):
    """The event was counted before, for another member or as something else."""

    code = "source_used"


class NotProven(Conflict):
    """The submission was not rejected for a reason that this penalty asks for."""

    code = "not_proven"


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry that is not written yet. `points` is negative where points are taken; `source` and `source_id` make it unique."""

    type: EntryType
    points: int
    code: str
    title: str
    quantity: int | None = None
    reason: str | None = None
    corrects: int | None = None
    source: str | None = None
    source_id: str | None = None


def earning(request: EarningRequest, rules: Points) -> Posting:
    """What an event earns. Raises Invalid for an event that earns nothing."""
    if request.source == PENALTIES:
        raise Invalid(
            [Problem("source", "reserved_source", f"{PENALTIES!r} is reserved. Use the name of your service.")]
        )
    earned = _known(request.event, rules.earn, "event")
    return Posting(
        "earning", earned.points, request.event, earned.title, source=request.source, source_id=request.source_id
    )


def redemption(request: RedemptionRequest, rules: Points) -> Posting:
    """What a quantity of an item costs. Raises Invalid for an unknown item, or too many at once."""
    item = _known(request.item, rules.redeem, "item")
    if request.quantity > rules.most_at_once:
        message = f"At most {rules.most_at_once} can be redeemed at once."
        raise Invalid([Problem("quantity", "too_many", message)])
    return Posting("redemption", -item.price * request.quantity, request.item, item.title, quantity=request.quantity)


def correction(request: CorrectionRequest, rules: Points) -> Posting:
    """Points that a lead adds or takes. Raises Invalid for zero, or too many."""
    most = rules.largest_correction
    if request.points == 0 or abs(request.points) > most:
        message = f"Use a number of points from 1 to {most}, or from -1 to -{most}."
        raise Invalid([Problem("points", "invalid_value", message)])
    return Posting(
        "correction",
        request.points,
        "correction",
        msgid("Correction"),
        reason=request.reason,
        corrects=request.corrects,
    )


def penalty(request: PenaltyRequest, rules: Points) -> Posting:
    """What a penalty takes. Raises Invalid for an unknown one."""
    imposed = _known(request.penalty, rules.penalties, "penalty")
    return Posting(
        "penalty",
        -imposed.points,
        request.penalty,
        imposed.title,
        reason=request.reason,
        source=PENALTIES,
        source_id=str(request.submission_id),
    )


def require_proof(request: PenaltyRequest, reasons: Collection[str], rules: Points) -> None:
    """Check that one of the rejection's reasons allows the penalty. Raises Invalid for an unknown penalty, and NotProven."""
    wanted = _known(request.penalty, rules.penalties, "penalty").reasons
    if not set(reasons) & set(wanted):
        raise NotProven(
            f"The submission {request.submission_id} was not rejected for {_list(wanted)}, as {request.penalty!r} asks."
        )


def balance_after(balance: int, posting: Posting) -> int:
    """The balance after the entry. Raises InsufficientPoints; a correction or a penalty may leave it below zero."""
    after = balance + posting.points
    if posting.type == "redemption" and after < 0:
        raise InsufficientPoints(f"This costs {-posting.points} points, and the balance is {balance}.")
    return after


def same_event(posting: Posting, member_id: str, earlier: PointsEntry) -> bool:
    """Whether the earlier entry of this source is the same: same member, type and code."""
    return (earlier.member_id, earlier.type, earlier.cause.code) == (member_id, posting.type, posting.code)


def _known(name: str, names: Mapping[str, T], field: str) -> T:
    if name not in names:
        raise Invalid([Problem(field, f"unknown_{field}", f"Use one of {_list(names)}.")])
    return names[name]


def _list(names: Collection[str]) -> str:
    return ", ".join(repr(name) for name in names)
