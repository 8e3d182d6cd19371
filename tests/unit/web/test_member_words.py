"""Every sentence of the member's page stands in one file, and stands there for a reason."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from config.policy import load_policy
from pipeline.submission.lifecycle import State
from schemas.submissions import METHODS
from web.member.pages import words

ROOT: Final = Path(__file__).parents[3] / "web/member"
SCRIPTS: Final = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "static").glob("*.js")))
TEMPLATE: Final = (ROOT / "templates/page.html").read_text(encoding="utf-8")
POLICY: Final = load_policy()
MADE_UP: Final = {
    *(f"status.{state}" for state in State),
    *(f"avatar.{state}" for state in ("in_review", "approved", "rejected", "refused", "withdrawn")),
    *(f"steps.{step}" for step in ("identity", "form", "proof", "submit")),
    *(f"ladder.{word}{ending}" for word in ("unlock", "another") for ending in ("", "_stage")),
    *(f"proof.{method}" for method in POLICY.methods),
    *(f"benefit.{benefit}" for stage in POLICY.ladder for benefit in stage.benefits),
    *(f"file.{kind}" for kind in re.findall(r'\["((?:image|application)/[a-z]+)"', SCRIPTS)),
    "file.application/pdf",
}
"""Names that are put together while the page runs, from what the policy, a submission or a file is."""


def names(found: dict[str, Any], before: str = "") -> Iterator[str]:
    for name, value in found.items():
        if isinstance(value, dict) and "other" not in value:
            yield from names(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


KNOWN: Final = set(names(words("en")))
SAID: Final = {*re.findall(r'"([a-z]+\.[a-z_]+)"', SCRIPTS), *re.findall(r"words\.([a-z]+\.[a-z_]+)", TEMPLATE)}


def test_every_sentence_that_the_page_says_is_there() -> None:
    sentences = {each for each in SAID if each.split(".")[0] in words("en")} - {"form.schema"}

    assert len(sentences) > 80
    assert sentences - KNOWN == set()


def test_every_sentence_that_is_there_is_said() -> None:
    assert set() == KNOWN - SAID - MADE_UP


def test_every_name_that_is_put_together_has_its_sentence() -> None:
    assert set() == MADE_UP - KNOWN


def test_nothing_is_said_in_the_scripts_themselves() -> None:
    """A text of several words in quotes, outside comments, would be a sentence that no translator finds."""
    code = re.sub(r"/\*[\s\S]*?\*/|//.*|class: [^,}]*", "", SCRIPTS)

    found = re.findall(r'"([A-Z][a-z]*(?: [a-z]+)+[.!?]?)"', code)

    assert found == ["A square of this size always fits."]


def test_every_method_of_verification_has_its_part_of_the_page() -> None:
    table = (ROOT / "static/methods.js").read_text(encoding="utf-8")

    assert set(re.findall(r"^  (\w+): \{$", table, re.MULTILINE)) == set(METHODS)
