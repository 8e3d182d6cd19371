import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from pipeline.policy.quality import Quality

_DIGITS: Final = 8


class CheckKind(StrEnum):
    """What a blind look is at: a sampled decision, or a golden case."""

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
"""The verdicts that end a case; an escalation is none of them."""


def fraction_of(seed: str, of: UUID) -> float:
    """A number from 0 up to 1 that depends only on seed and id: the first eight hexadecimal digits of SHA-256 of `seed:id`, over 16⁸."""
    digits = hashlib.sha256(f"{seed}:{of}".encode()).hexdigest()[:_DIGITS]
    return float(int(digits, 16) / 16**_DIGITS)


def is_sampled(decision_id: UUID, queue: str, quality: Quality) -> bool:
    """Whether a second person looks at a decision. Sampling depends only on the decision's id."""
    return fraction_of(quality.seed, decision_id) < quality.sample.get(queue, 0)


def blind_look_for(claim_id: UUID, quality: Quality) -> CheckKind | None:
    """Which blind look a new claim is to be; None for a member's case. It depends only on the claim's id."""
    fraction = fraction_of(quality.seed, claim_id)
    if fraction < quality.golden:
        return CheckKind.GOLDEN
    return CheckKind.SAMPLE if fraction < quality.golden + quality.mix else None


def compare(one: Said, other: Said) -> Agreement:
    """Two that reject, or ask for a better file, agree where they share a reason: the member has to mend the same thing."""
    if not RESULTS.issuperset((one.verdict, other.verdict)):
        return Agreement.PASSED_ON
    if one.verdict != other.verdict:
        return Agreement.VERDICTS_DIFFER
    if one.verdict != "approve" and one.reasons and other.reasons and not set(one.reasons) & set(other.reasons):
        return Agreement.REASONS_DIFFER
    return Agreement.AGREED
