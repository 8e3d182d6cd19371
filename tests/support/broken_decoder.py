"""A decoder that loads something at its first use, which a confined child cannot."""

import importlib.util
from pathlib import Path

from pipeline.inspection.sandbox.examine import examine

__all__ = ["examine", "still_works"]


def still_works() -> bool:
    found = importlib.util.find_spec("this")
    try:
        return bool(found and found.origin and Path(found.origin).read_bytes())
    except OSError:
        return False
