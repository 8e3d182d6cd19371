"""What a child is asked: where the file is, the rules, and what was said of it."""

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from pipeline.inspection.rules import FileRules


class Request(BaseModel, frozen=True, extra="forbid"):
    """One file to look at. `path` is the bytes that the system knows it by, in hexadecimal: they need not be text."""

    path: str
    rules: FileRules
    declared_type: str | None
    filename: str | None
    with_signals: bool = True

    @classmethod
    def of(cls, path: Path, *, rules: FileRules, declared_type: str | None, filename: str | None) -> Self:
        """The request for this file; what is not text in its names is replaced."""
        return cls(
            path=os.fsencode(path.absolute()).hex(),
            rules=rules,
            declared_type=_text(declared_type),
            filename=_text(filename),
        )

    @property
    def place(self) -> Path:
        """Where the file is."""
        return Path(os.fsdecode(bytes.fromhex(self.path)))


def _text(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "replace").decode()
