"""What crosses the boundary of e-mail subscriptions (DOMAIN §6)."""

from pydantic import Field

from schemas.base import Frozen, Identifier


class SubscriptionChange(Frozen):
    """Subscribe to categories (true) or leave them (false); those that are not named stay as they are."""

    categories: dict[Identifier, bool] = Field(min_length=1, max_length=20)


class SubscriptionView(Frozen):
    """A category as this member has it."""

    category: str
    title: str
    subscribed: bool


class SubscriptionsView(Frozen):
    """Every category as this member has it."""

    member_id: str
    categories: tuple[SubscriptionView, ...]
