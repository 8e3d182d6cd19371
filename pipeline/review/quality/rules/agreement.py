from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.kernel.rules.statistics import kappa
from pipeline.review.quality.rules.sampling import RESULTS, Agreement, Said, compare


@dataclass(frozen=True, slots=True)
class Pair:
    """One sampled case: the first and the second person's verdict, and who was right according to a lead, where they disagree."""

    week: str
    queue: str
    first_by: str
    first: Said
    second_by: str
    second: Said
    ruling: str | None = None

    @property
    def how(self) -> Agreement:
        """How the two agree."""
        return compare(self.first, self.second)

    @property
    def right(self) -> Said | None:
        """The right verdict; None before adjudication."""
        if self.how is Agreement.AGREED or self.ruling == "first":
            return self.first
        return self.second if self.ruling == "second" else None


@dataclass(frozen=True, slots=True)
class GoldenAnswer:
    """A person's verdict on a golden case, and the right one."""

    week: str
    queue: str
    by: str
    said: Said
    right: Said


@dataclass(frozen=True, slots=True)
class Judged:
    """A person's verdict that is known to be right or wrong, with the right one."""

    said: Said
    right: Said

    @property
    def wrong(self) -> bool:
        """Whether it was wrong: another verdict, or a rejection for none of the right reasons."""
        return compare(self.said, self.right) is not Agreement.AGREED


def rated(pairs: Iterable[Pair]) -> list[Pair]:
    """Those in which both gave a verdict."""
    return [pair for pair in pairs if RESULTS.issuperset((pair.first.verdict, pair.second.verdict))]


def verdict_kappa(pairs: Iterable[Pair]) -> float | None:
    """How far first and second person agree on the verdict, beyond chance."""
    return kappa((pair.first.verdict, pair.second.verdict) for pair in rated(pairs))


def reason_kappa(pairs: Iterable[Pair], reason: str, *, verdict: str) -> float | None:
    """How far they agree that this reason for this verdict applies, beyond chance."""
    gave = [[str(each.gave(reason, verdict=verdict)) for each in (pair.first, pair.second)] for pair in rated(pairs)]
    return kappa((one, other) for one, other in gave)


def judged(pairs: Sequence[Pair], golden: Sequence[GoldenAnswer], *, by: str | None = None) -> list[Judged]:
    """The verdicts that are known to be right or wrong.

    Of one person: theirs on either side of a pair, and on golden cases. Of all: the decisions that had effects, and golden cases.
    """
    found = [Judged(each.said, each.right) for each in golden if by in (None, each.by)]
    for pair in pairs:
        if pair.right is not None:
            found += [Judged(said, pair.right) for said in _sides(pair, by)]
    return found


def reason_judged(
    pairs: Sequence[Pair], golden: Sequence[GoldenAnswer], reason: str, *, verdict: str, by: str | None = None
) -> list[bool]:
    """For each time that the reason was given for this verdict and is known to be right or wrong: whether it was wrong."""
    gave = [each for each in judged(pairs, golden, by=by) if each.said.gave(reason, verdict=verdict)]
    return [not each.right.gave(reason, verdict=verdict) for each in gave]


def _sides(pair: Pair, by: str | None) -> Iterable[Said]:
    if by in (None, pair.first_by):
        yield pair.first
    if by == pair.second_by:
        yield pair.second
