from collections import Counter
from collections.abc import Iterable, Sequence


def percent(part: int, whole: int) -> float | None:
    """A share in percent, to one place; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def percentile(values: Sequence[float], share: int) -> float | None:
    """The least of the values that so many percent of them do not exceed (nearest rank); None of nothing.

    `statistics.quantiles` interpolates: it gives values that never occurred.
    """
    if not values:
        return None
    rank = max(1, -(-share * len(values) // 100))
    return sorted(values)[rank - 1]


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
