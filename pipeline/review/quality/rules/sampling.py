"""Which decisions are looked at twice, whose turn it is, and whether two people agree. Pure."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from pipeline.policy.quality import Quality

_DIGITS: Final = 8


class Turn(StrEnum):
    """What a reviewer is given in place of the next case."""

    SAMPLE = "sample"
    GOLDEN = "golden"


class Agreement(StrEnum):
    """How two verdicts on one case compare. A case that was passed on without a verdict is not compared."""

    AGREED = "agreed"
    VERDICTS_DIFFER = "verdicts_differ"
    REASONS_DIFFER = "reasons_differ"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a case."""

    verdict: str
    reasons: tuple[str, ...] = ()

    def gave(self, reason: str, *, verdict: str) -> bool:
        """Whether it was this verdict, for this reason among others. Two verdicts may use one code, with sentences of their own."""
        return self.verdict == verdict and reason in self.reasons


RESULTS: Final = frozenset({"approve", "reject", "better_file"})
"""The verdicts that end a case; whoever passed it on to a senior gave none of them."""


def lot(seed: str, drawn: UUID) -> float:
    """The number from 0 up to 1 that an id draws, the same for ever: the first eight digits of SHA-256 of `seed:id`."""
    digits = hashlib.sha256(f"{seed}:{drawn}".encode()).hexdigest()[:_DIGITS]
    return float(int(digits, 16) / 16**_DIGITS)


def is_sampled(decision_id: UUID, queue: str, quality: Quality) -> bool:
    """Whether a decision is looked at by a second person. Nothing of the case decides it, only its decision's id."""
    return lot(quality.seed, decision_id) < quality.sample.get(queue, 0)


def turn_of(claim_id: UUID, quality: Quality) -> Turn | None:
    """Whether a new claim is to be a blind one; None for a member's case."""
    drawn = lot(quality.seed, claim_id)
    if drawn < quality.golden:
        return Turn.GOLDEN
    return Turn.SAMPLE if drawn < quality.golden + quality.mix else None


def compare(one: Said, other: Said) -> Agreement:
    """Two that reject, or ask for a better file, agree where they share a reason: the member is told the same thing to mend."""
    if not RESULTS.issuperset((one.verdict, other.verdict)):
        return Agreement.PASSED_ON
    if one.verdict != other.verdict:
        return Agreement.VERDICTS_DIFFER
    if one.verdict != "approve" and not _share(one.reasons, other.reasons):
        return Agreement.REASONS_DIFFER
    return Agreement.AGREED


def _share(one: Collection[str], other: Collection[str]) -> bool:
    return not one or not other or bool(set(one) & set(other))
