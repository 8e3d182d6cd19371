"""What is promised of submissions, in plain Python: the model that the real pipeline is held against."""

from dataclasses import dataclass, field
from uuid import UUID

from pipeline.kernel.errors import Conflict
from pipeline.submission.lifecycle import GIVES_CHANCE_BACK, OPEN, State, Transition, advance
from schemas.claims import Claim

CAP = 3
LIMIT = 2
"""Chances. Fewer than the members have, so that they run out within a short example."""


@dataclass
class Life:
    """One submission."""

    id: UUID
    member: str
    kind: str
    chance: int | None
    state: State = State.RECEIVED
    version: int = 1

    def takes(self, event: Transition) -> bool:
        """Move on, if the table has such an edge from here."""
        try:
            self.state = advance(self.state, event)
        except Conflict:
            return False
        self.version += 1
        return True


@dataclass
class Grip:
    """One claim. It may have run out without anybody having noticed."""

    claim: Claim
    live: bool = True
    expired: bool = False

    @property
    def good(self) -> bool:
        return self.live and not self.expired


@dataclass
class Ruling:
    """One decision: standing until it is undone, due once its undo window is over, done once its effect is there."""

    id: UUID
    life: Life
    verdict: str
    reviewer: str
    standing: bool = True
    due: bool = False
    done: bool = False


@dataclass
class Model:
    """Everything that was accepted, claimed, decided and told."""

    lives: dict[UUID, Life] = field(default_factory=dict)
    grips: list[Grip] = field(default_factory=list)
    rulings: dict[UUID, Ruling] = field(default_factory=dict)
    skipped: set[tuple[UUID, str]] = field(default_factory=set)
    told: set[UUID] = field(default_factory=set)
    called_off: set[UUID] = field(default_factory=set)
    """Causes whose mail was withdrawn because the member has the stage."""

    def open_avatars(self, member: str) -> list[Life]:
        return [each for each in self.lives.values() if (each.member, each.kind) == (member, "avatar") and _open(each)]

    def free_chance(self, member: str) -> int | None:
        taken = {each.chance for each in self.lives.values() if each.member == member and _counts(each)}
        return next((number for number in range(1, LIMIT + 1) if number not in taken), None)

    def waiting_for(self, reviewer: str) -> set[UUID]:
        held = {grip.claim.submission_id for grip in self.grips if grip.good}
        mine = {submission for submission, who in self.skipped if who == reviewer}
        return {each.id for each in self.lives.values() if each.state is State.IN_REVIEW} - held - mine

    def at_cap(self, reviewer: str) -> bool:
        return sum(grip.good and grip.claim.reviewer == reviewer for grip in self.grips) >= CAP

    def sweep(self) -> int:
        """Claims that ran out, or whose case is closed, end. How many."""
        over = [grip for grip in self.grips if grip.live and (grip.expired or self._closed(grip))]
        for grip in over:
            grip.live = False
        return len(over)

    def can_undo(self, ruling: Ruling, reviewer: str) -> bool:
        other = ruling.life.kind == "avatar" and self.open_avatars(ruling.life.member)
        called_off = ruling.id in self.called_off
        return ruling.standing and not ruling.due and ruling.reviewer == reviewer and not other and not called_off

    def carry_out(self, ruling: Ruling) -> None:
        """The effect of a decision. The first that unlocks the stage closes what is open for it, and no mail of a failure leaves."""
        unlocks = (ruling.life.kind, ruling.verdict) == ("verification", "approve")
        again = unlocks and self.unlocked(ruling.life.member)
        ruling.done = True
        if again:
            self.called_off.add(ruling.id)
        elif unlocks:
            self._close_siblings(ruling.life.member)

    def _close_siblings(self, member: str) -> None:
        siblings = [each for each in self.lives.values() if (each.member, each.kind) == (member, "verification")]
        failed = {each.id for each in siblings if each.state is State.REFUSED}
        failed |= {
            each.id
            for each in self.rulings.values()
            if each.life in siblings and each.verdict == "reject" and each.standing
        }
        self.called_off |= failed - self.told
        for each in filter(_open, siblings):
            each.takes(Transition.SUPERSEDED_BY_UNLOCK)

    def unlocked(self, member: str) -> bool:
        return any(each.life.kind == "verification" for each in self._shown(member))

    def avatar(self, member: str) -> UUID | None:
        """The latest that was approved, of those whose publication has come."""
        shown = {each.life.id for each in self._shown(member) if each.life.kind == "avatar"}
        return next((submission for submission in reversed(self.lives) if submission in shown), None)

    def mails(self) -> dict[UUID, str]:
        """The state of the mail of each cause: decisions, and submissions that were refused."""
        causes = {each.id: each.standing for each in self.rulings.values()}
        causes |= {each.id: True for each in self.lives.values() if each.state is State.REFUSED}
        return {
            cause: "sent"
            if cause in self.told
            else "pending"
            if stands and cause not in self.called_off
            else "withdrawn"
            for cause, stands in causes.items()
        }

    def _shown(self, member: str) -> list[Ruling]:
        mine = [each for each in self.rulings.values() if each.life.member == member]
        return [each for each in mine if each.done and each.verdict == "approve"]

    def _closed(self, grip: Grip) -> bool:
        return self.lives[grip.claim.submission_id].state is not State.IN_REVIEW


def _open(life: Life) -> bool:
    return life.state in OPEN


def _counts(life: Life) -> bool:
    return life.kind == "verification" and life.state not in GIVES_CHANCE_BACK
