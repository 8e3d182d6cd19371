from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from schemas.base import Frozen, Line

Visibility = Literal["everyone", "certified_suppliers", "nobody"]
Amount = Annotated[int, Field(gt=0, le=1_000_000)]
"""A number of points, small enough that no sum of them comes near a database's bounds."""


class DefaultPrivacy(Frozen):
    """Who sees a section of which the member has said nothing."""

    personal_information: Visibility
    procurement_information: Visibility


class Unsubscribe(Frozen):
    """How many days the link in a mail works by which a member leaves the category of such mails."""

    link_days: PositiveInt


class Account(Frozen):
    """What a member may say of themself, and which levels make a certified supplier (DOMAIN §2 to §4)."""

    certified_levels: tuple[str, ...]
    genders: tuple[str, ...] = Field(min_length=1)
    industries: tuple[str, ...] = Field(min_length=1)
    frequencies: tuple[str, ...] = Field(min_length=1)
    company_sizes: tuple[str, ...] = Field(min_length=1)
    privacy: DefaultPrivacy


class Earning(Frozen):
    """An event of another service and the points that it earns."""

    title: Line
    points: Amount


class Item(Frozen):
    """What points are redeemed for, and what one of it costs."""

    title: Line
    price: Amount


class Penalty(Frozen):
    """What a reviewer may take away, and the reasons of a rejection of which one must have been given."""

    title: Line
    points: Amount
    reasons: tuple[str, ...] = Field(min_length=1)


class Points(Frozen):
    """The rules of the ledger of points (DOMAIN §5)."""

    most_at_once: int = Field(gt=0, le=1000)
    largest_correction: Amount
    earn: Mapping[str, Earning]
    redeem: Mapping[str, Item]
    penalties: Mapping[str, Penalty]


class Category(Frozen):
    """A category of e-mails, and whether a member who has said nothing gets them (DOMAIN §6)."""

    title: Line
    subscribed: bool


def unknown_names(account: Account, points: Points, *, levels: Collection[str], reasons: Collection[str]) -> list[str]:
    """What is wrong with names that lead to other parts of the policy, in words."""
    wrong = [
        f"account.certified_levels: {level!r} is no stage of the ladder"
        for level in account.certified_levels
        if level not in levels
    ]
    wrong += [
        f"points.penalties.{name}.reasons: {reason!r} is no reason for a rejection"
        for name, penalty in points.penalties.items()
        for reason in penalty.reasons
        if reason not in reasons
    ]
    return wrong
