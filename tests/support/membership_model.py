"""What is promised of stages and levels, in plain Python: the model that the real membership is held against."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

LADDER: Final = ("registered", "verified", "trusted", "premier")
AMOUNTS: Final = {"trusted": 20_000, "premier": 100_000}


@dataclass
class Order:
    """What was told of one order, in whatever order."""

    paid: int | None = None
    back: int = 0
    cancelled: bool = False

    @property
    def counts(self) -> int:
        return 0 if self.paid is None or self.cancelled else max(0, self.paid - self.back)


@dataclass
class Ground:
    """Why a member has a stage."""

    stage: str
    kind: str
    cause: Hashable
    standing: bool = True


@dataclass
class Model:
    """One member: orders, grounds, the changes of the level with their causes, and how reviews of refunds ended."""

    orders: dict[str, Order] = field(default_factory=dict)
    grounds: list[Ground] = field(default_factory=list)
    changes: list[tuple[str, str, Hashable]] = field(default_factory=list)
    reviews: list[list[str]] = field(default_factory=list)

    @property
    def spent(self) -> int:
        return sum(order.counts for order in self.orders.values())

    @property
    def level(self) -> str:
        return max((each.stage for each in self.grounds if each.standing), key=LADDER.index, default=LADDER[0])

    def standing(self, stage: str) -> list[Ground]:
        return [each for each in self.grounds if each.stage == stage and each.standing]

    def open_review(self, stage: str) -> list[str] | None:
        return next((review for review in self.reviews if review == [stage, "open"]), None)

    def order(self, name: str) -> Order:
        return self.orders.setdefault(name, Order())

    def counted(self, before: int, cause: Hashable) -> None:
        """Something was told of an order: the stages that are reached now, and those that are not any more."""
        for stage, amount in AMOUNTS.items():
            by_spend = [each for each in self.grounds if (each.stage, each.kind) == (stage, "spend")]
            held = any(each.standing for each in by_spend)
            review = self.open_review(stage)
            if self.spent >= amount:
                if review:
                    review[1] = "recovered"
                if not held and (before < amount or not by_spend):
                    self.grounds.append(Ground(stage, "spend", cause))
            elif before >= amount and held and not review:
                self.reviews.append([stage, "open"])
        self.settle(cause)

    def take_away(self, stage: str, cause: Hashable, *, kinds: tuple[str, ...]) -> None:
        """A person ends the grounds of these kinds."""
        for each in self.standing(stage):
            if each.kind in kinds:
                each.standing = False
                if each.kind == "spend" and (review := self.open_review(stage)):
                    review[1] = "taken_away"
        self.settle(cause)

    def give(self, stage: str, kind: str, cause: Hashable) -> None:
        self.grounds.append(Ground(stage, kind, cause))
        self.settle(cause)

    def settle(self, cause: Hashable) -> None:
        """Follow with the level, and remember why."""
        at = self.changes[-1][1] if self.changes else LADDER[0]
        if self.level != at:
            self.changes.append((at, self.level, cause))
