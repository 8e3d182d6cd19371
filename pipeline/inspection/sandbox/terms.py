"""What a parent and its children agree on: who looks at a file, and within which limits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel

from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import FileRules
from pipeline.inspection.sandbox.limits import Limits


class Look(Protocol):
    """Something that looks at a file and reports on it, with signals for the reviewer (json-able)."""

    def __call__(
        self, path: Path, *, rules: FileRules, declared_type: str | None, filename: str | None, with_signals: bool
    ) -> tuple[FileReport, Mapping[str, object]]:
        """The report on the file, and with signals what a reviewer may want to know beside it."""
        ...


class Terms(BaseModel, frozen=True, extra="forbid"):
    """What all children of one zygote have in common: their limits, and by its dotted name what looks at a file."""

    look: str
    limits: Limits
