"""What is left of members who were erased among the traffic."""

from collections.abc import Iterator

from tests.chaos.evidence import Evidence
from tests.chaos.judges.judge import Charge, Judge


class Erasures(Judge):
    """Nothing is."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """A row, an object, or an erasure that has not finished."""
        for sentence in evidence.leftovers:
            yield "mismatches", sentence
