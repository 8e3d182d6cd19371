"""Four eyes: what a verdict leads to, given what others think of the case. Pure."""

from collections.abc import Sequence
from enum import StrEnum


class Course(StrEnum):
    """Final: the decision, with its effects. Second: another person looks. Split: two disagree, and a senior settles it."""

    FINAL = "final"
    SECOND = "second"
    SPLIT = "split"


_BOTH = 2


def course(verdict: str, *, needs_two: bool, opinions: Sequence[str]) -> Course:
    """What this verdict leads to; `opinions` are the verdicts of the others that stand.

    Once somebody's opinion was asked for it counts, whatever the policy says by then. Asking for a better file judges nobody, so
    it takes one person only. Where two disagree the third decides.
    """
    if verdict == "better_file" or len(opinions) >= _BOTH:
        return Course.FINAL
    if not opinions:
        return Course.SECOND if needs_two else Course.FINAL
    return Course.FINAL if opinions[0] == verdict else Course.SPLIT
