"""axe-core in a page: what of it breaks WCAG 2.2 AA."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

_SCRIPT: Final = Path(__file__).parents[1] / "console/vendor/axe.min.js"
_RUN: Final = """(runOnly) => axe.run(document, { iframes: false, resultTypes: ["violations"], runOnly })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(" ")}: ${failureSummary.split("\\n")[1]?.trim()}`)))"""
_EVERYTHING: Final = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
_COLOURS: Final = {"type": "rule", "values": ["color-contrast"]}


def violations(page: Page) -> list[str]:
    """What a page breaks, in either theme; a theme changes colours only. The script is put in past the page's own rules.

    It does not reach into the frame that a mail is shown in, which runs no script; each mail is looked at by itself.
    """
    page.evaluate(_script())
    light: list[Any] = page.evaluate(_RUN, _EVERYTHING)
    page.emulate_media(color_scheme="dark")
    dark: list[Any] = page.evaluate(_RUN, _COLOURS)
    return [*(f"light: {each}" for each in light), *(f"dark: {each}" for each in dark)]


@cache
def _script() -> str:
    return f"{_SCRIPT.read_text()}; void 0"
