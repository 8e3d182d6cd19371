"""A judge is a class with one question, asked of the evidence; adding one is adding a class."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final, Literal

from tests.chaos.evidence import Evidence

Charge = tuple[Literal["lost", "twice", "mismatches"], str]
JUDGES: Final[list[type["Judge"]]] = []
"""Every judge."""


class Judge(ABC):
    """Asks one question of the evidence."""

    def __init_subclass__(cls) -> None:
        JUDGES.append(cls)

    @abstractmethod
    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """What is wrong, a sentence each."""


def judged(evidence: Evidence) -> dict[str, list[str]]:
    """What every judge found, by how it is wrong."""
    found: dict[str, list[str]] = {"lost": [], "twice": [], "mismatches": []}
    for judge in JUDGES:
        for charge, sentence in judge().charges(evidence):
            found[charge].append(sentence)
    return found
