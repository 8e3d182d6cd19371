"""A reviewer at the console who has no mouse."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.bodies import FACTS
from tests.support.people import PASSWORD


class Keyboard:
    """Everything is done by keys, and each step waits for what a person would wait for: that the page shows it."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base

    def sign_in(self, name: str) -> None:
        self.page.goto(f"{self.base}/console/")
        expect(self.page.get_by_label("Name")).to_be_focused()
        self.type(name)
        self.press("Tab")
        self.type(PASSWORD)
        self.press("Enter")
        self.page.locator("#queue").wait_for()
        self.page.wait_for_load_state()

    def open(self) -> None:
        """To the first case, for who is signed in."""
        self.page.goto(f"{self.base}/console/")
        self.start()

    def start(self) -> None:
        self.come_to_a_case(lambda: self.press("Enter"))

    def come_to_a_case(self, do: Callable[[], object]) -> None:
        """Do what loads the page of a case, and see it to the end: it says that it is open, and then asks for the next case."""
        with self.page.expect_response("**/console/next/part"):
            do()

    def go(self, *keys: str) -> None:
        """A sequence of keys, which counts as one however slow the machine is: the page's clock stands still meanwhile."""
        self.page.evaluate("performance.now = ((now) => () => now)(performance.now())")
        self.press(*keys)

    def press(self, *keys: str) -> None:
        self.page.locator("html:not([data-keys='asleep'])").wait_for(state="attached")
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    @property
    def claim(self) -> str:
        """The claim of the case that is on the screen."""
        return str(self.page.locator("article.case").get_attribute("data-claim"))

    def done(self, *keys: str, said: str) -> None:
        """Press, and see the next case (or that nothing waits) come up with these words about the last one."""
        before = self.claim
        self.press(*keys)
        self.page.locator(f"article.case:not([data-claim='{before}'])").wait_for()
        expect(self.page.locator("#said")).to_have_text(re.compile(f"^{said}"))

    def approve(self) -> None:
        """Yes to everything; where facts are missing the page leads from one to the next."""
        self.press("0")
        if self.page.locator("[data-fact]").count():
            self._facts()
        self.done("a", said="Approved")

    def approve_all(self, count: int) -> None:
        for _ in range(count):
            self.approve()

    def undo(self) -> None:
        before = self.page.locator("article.case").get_attribute("data-claim")
        self.press("u")
        self.page.locator(f"article.case[data-claim]:not([data-claim='{before}'])").wait_for()
        expect(self.page.locator("#said")).to_have_text(re.compile("^Taken back"))

    def _facts(self) -> None:
        """`A` puts the focus on the first missing fact; Enter goes on to the next, and out of the fields after the last."""
        self.press("a")
        self.page.locator("[data-fact][aria-invalid]").first.wait_for()
        for _ in range(self.page.locator("[data-fact][aria-invalid]").count()):
            field = str(self.page.locator("[data-fact]:focus").get_attribute("name"))
            self.type(str(FACTS[field.rsplit(".", 1)[1]]))
            self.press("Enter")
