"""From the key that decides a case to the moment when the next one is painted, its picture included: a real Chromium."""

import statistics
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from pipeline.access.staff.rules.roles import Role
from tests.bench.measure import Measure
from tests.support.browser import chromium
from tests.support.desk import Desk
from tests.support.keyboard import Keyboard
from tests.support.people import person
from tests.support.scene import send_avatar, send_papers
from tests.support.servers import servers
from tests.support.web import serving_alone

AVATARS, PAPERS = 21, 11
GOAL_MS = 300.0
WATCH: Final = """() => {
  let began = 0;
  addEventListener("keydown", (event) => { began = event.timeStamp; }, { capture: true });
  window.painted = new Promise((resolve) => {
    new MutationObserver(async (_, observer) => {
      observer.disconnect();
      await document.querySelector("[data-canvas]:not([hidden]) img").decode();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
    }).observe(document.getElementById("main"), { childList: true });
  });
}"""

LOOK_MS: Final = 1500
"""How long a reviewer looks at a case: half of what the quickest ones need for an avatar. Meanwhile the next one is made ready."""


def measures() -> list[Measure]:
    """Avatars and screenshots of shops, each rejected by keys while the next one is ready."""
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as tools:
        desk = Desk(tools)
        person(desk.tools, "m.lee", roles=[Role.REVIEWER])
        for number in range(AVATARS):
            send_avatar(desk, number, "half_body_mirrored")
        for number in range(PAPERS):
            send_papers(desk, number + AVATARS, "online_retailer")
        desk.inspect()
        with serving_alone(tools) as base, chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            keyboard = Keyboard(page, base)
            keyboard.sign_in("m.lee")
            keyboard.start()
            return [
                *_found("avatar", [_decided(page, keyboard) for _ in range(AVATARS - 1)]),
                *_found("papers", [_decided(page, keyboard) for _ in range(PAPERS - 1)]),
            ]


def _decided(page: Page, keyboard: Keyboard) -> float:
    """Milliseconds, in the browser's own clock."""
    page.wait_for_timeout(LOOK_MS)
    keyboard.press("r", "1")
    page.evaluate(WATCH)
    keyboard.done("Enter", said="Rejected")
    return float(page.evaluate("() => window.painted"))


def _found(what: str, times: list[float]) -> list[Measure]:
    return [
        Measure(f"{what}: next case painted, median", statistics.median(times), "ms", GOAL_MS),
        Measure(f"{what}: next case painted, slowest of {len(times)}", max(times), "ms", GOAL_MS),
    ]
