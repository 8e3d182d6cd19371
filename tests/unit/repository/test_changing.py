"""docs/changing.md is followed without knowing the code, so a path in it that is gone would send its reader nowhere."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = (ROOT / "docs/changing.md").read_text()
PATHS: Final = {
    word
    for quoted in re.findall(r"`([^`]+)`", PAGE)
    for word in re.split(r'[ "=]', quoted)
    if re.fullmatch(r"[\w.][\w./-]*", word)
    and (word.endswith("/") or "/" in word or re.search(r"\.(py|toml|md)$", word))
}


def test_every_path_that_the_page_names_is_there() -> None:
    assert len(PATHS) > 40
    assert [path for path in sorted(PATHS) if not (ROOT / path).exists()] == []
