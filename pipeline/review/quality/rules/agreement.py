"""Agreement and error rates, counted over what people said. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.review.quality.rules.sampling import RESULTS, Agreement, Said, compare


@dataclass(frozen=True, slots=True)
class Pair:
    """One sampled case: what the first and the second person said, and whom a lead found right where they differed."""

    week: str
    queue: str
    first_by: str
    first: Said
    second_by: str
    second: Said
    ruling: str | None = None

    @property
    def how(self) -> Agreement:
        """How the two compare."""
        return compare(self.first, self.second)

    @property
    def right(self) -> Said | None:
        """What was right; None while nobody has ruled."""
        if self.how is Agreement.AGREED or self.ruling == "first":
            return self.first
        return self.second if self.ruling == "second" else None


@dataclass(frozen=True, slots=True)
class Known:
    """What a person said of a golden case, and what is right."""

    week: str
    queue: str
    by: str
    said: Said
    right: Said


@dataclass(frozen=True, slots=True)
class Judged:
    """One thing that somebody said, with what was right."""

    said: Said
    right: Said

    @property
    def wrong(self) -> bool:
        """Whether it was wrong: another verdict, or a rejection for none of the right reasons."""
        return compare(self.said, self.right) is not Agreement.AGREED


def kappa(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two people's ratings: 1 agree always, 0 as chance would, below 0 less than that.

    None where it says nothing: no ratings, or both gave one and the same rating throughout. Cohen (1960), A coefficient of agreement
    for nominal scales.
    """
    rated = list(pairs)
    if not rated:
        return None
    count = len(rated)
    observed = sum(one == other for one, other in rated) / count
    ones, others = Counter(one for one, _ in rated), Counter(other for _, other in rated)
    expected = sum(ones[rating] * others[rating] for rating in ones) / count**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


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


def judged(pairs: Sequence[Pair], known: Sequence[Known], *, by: str | None = None) -> list[Judged]:
    """What is known to be right or wrong: by one person, on either side of a pair; else the decisions that had effects, and golden ones."""
    found = [Judged(each.said, each.right) for each in known if by in (None, each.by)]
    for pair in pairs:
        if pair.right is not None:
            found += [Judged(said, pair.right) for said in _sides(pair, by)]
    return found


def reason_judged(
    pairs: Sequence[Pair], known: Sequence[Known], reason: str, *, verdict: str, by: str | None = None
) -> list[bool]:
    """For each time that the reason was given for this verdict and is known to be right or wrong: whether it was wrong."""
    gave = [each for each in judged(pairs, known, by=by) if each.said.gave(reason, verdict=verdict)]
    return [not each.right.gave(reason, verdict=verdict) for each in gave]


def percent(part: int, whole: int) -> float | None:
    """A share in percent, to one place; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def _sides(pair: Pair, by: str | None) -> Iterable[Said]:
    if by in (None, pair.first_by):
        yield pair.first
    if by == pair.second_by:
        yield pair.second
