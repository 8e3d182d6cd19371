"""What the clients of a run were answered. Everything is judged against it."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.errands import Errand


@dataclass
class Journal:
    """Written by many threads. `accepted` is by the errand's label, `decisions` as the service answered them."""

    accepted: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    planted: set[str] = field(default_factory=set)
    decisions: list[Mapping[str, Any]] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        """How many errands a door has answered."""
        return len(self.accepted) + len(self.refused)

    def accept(self, errand: Errand, submission_id: str) -> None:
        """A door said yes. The same errand under another id was accepted twice."""
        with self._guard:
            before = self.accepted.setdefault(errand.label, submission_id)
            if before != submission_id:
                self.twice.append(f"{errand.label} was accepted as {before} and as {submission_id}")

    def refuse(self, errand: Errand, code: str) -> None:
        """A door said no, and why."""
        with self._guard:
            self.refused[errand.label] = code

    def decide(self, decided: Mapping[str, Any]) -> None:
        """A decision was answered."""
        with self._guard:
            self.decisions.append(decided)

    def complain(self, sentence: str) -> None:
        """Something happened to a client that must not."""
        with self._guard:
            self.trouble.append(sentence)
