"""axe-core in a page: what of it breaks WCAG 2.2 AA."""

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Page

_SCRIPT: Final = Path(__file__).parents[1] / "console/vendor/axe.min.js"
_RUN: Final = """() => axe.run(document, {
  iframes: false,
  resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
  `${id}: ${target.join(" ")}: ${failureSummary.split("\\n")[1]?.trim()}`)))"""

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")


def violations(page: Page) -> list[str]:
    """What a page breaks, in either theme; its script is put in from outside, past the page's own rules."""
    found = []
    page.evaluate(_script())
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        broken: list[Any] = page.evaluate(_RUN)
        found += [f"{theme}: {each}" for each in broken]
    return found


@cache
def _script() -> str:
    return f"{_SCRIPT.read_text()}; void 0"
