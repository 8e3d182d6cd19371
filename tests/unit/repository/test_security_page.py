"""docs/security.md says which test shows each defence. A reader who trusts it must find the test, and every attack must stand there."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
NAMED: Final = re.findall(r"`(tests/attacks/test_\w+\.py)`", (ROOT / "docs/security.md").read_text())


def test_every_attack_stands_in_the_threat_model_once() -> None:
    there = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests/attacks").glob("test_*.py")]

    assert sorted(NAMED) == sorted(there)
