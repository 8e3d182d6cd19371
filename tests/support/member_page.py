"""The member's page in a real browser, as a member goes about it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, FilePayload, Locator, Page, expect

from config.container import Container
from pipeline.access.member_sessions import make_link
from schemas.sessions import SessionRequest

MEMBER = {"name": "Ana Lima", "email": "ana@limatrading.example.com", "gender": "female", "age_band": "30-39"}
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

AXE = Path(__file__).parents[1] / "console/vendor/axe.min.js"
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")

DROP = """(box, files) => {
    const data = new DataTransfer();
    for (const { name, type, base64 } of files) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
    }
    for (const event of ["dragenter", "dragover", "drop"]) {
        box.dispatchEvent(new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""


ASLEEP = """
    window.asleep = [];
    const wait = window.setTimeout;
    window.setTimeout = (work, delay, ...more) => delay < 1000 ? wait(work, delay, ...more) : -asleep.push(work);
"""
"""What the page would do by itself some seconds later is put aside. At the end of each look at what may have changed it means to look
again, so that their number says how often it has looked."""


class MemberPage:
    """One member's page, opened by a fresh link. Whatever the browser reports as wrong is in `faults`, but for what is `expected`."""

    def __init__(self, page: Page, tools: Container, member_id: str = "m-1") -> None:
        self.page, self.tools, self.member_id = page, tools, member_id
        self.faults: list[str] = []
        self.expected = ["Failed to load resource"]
        page.add_init_script(ASLEEP)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._hear)
        self.follow(self.link())
        self.heading("Your membership")

    def _hear(self, message: ConsoleMessage) -> None:
        """Chromium writes an error for each answer that is one; what the page makes of it is for the test to see."""
        if message.type == "error" and not any(each in message.text for each in self.expected):
            self.faults.append(message.text)

    def follow(self, url: str) -> None:
        """A link, until the page has taken its ticket out of the address. Where the page is open already it loads itself anew for it."""
        self.page.goto(url)
        expect(self.page).not_to_have_url(re.compile("#pl_"))

    def link(self, member_id: str | None = None) -> str:
        request = SessionRequest.model_validate({"member_id": member_id or self.member_id, "member": MEMBER})
        made = make_link(
            request,
            made_by="test",
            web_url=self.tools.settings.web_url,
            db=self.tools.db,
            rules=self.tools.policy.member_page,
        )
        return made.url

    def heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", name=words)).to_be_visible()

    def look_again(self) -> None:
        """The member comes back to the tab, twice: the first time a look may be under way that began before the latest change."""
        for _ in range(2):
            looks = self.page.evaluate("const looks = asleep.length; dispatchEvent(new Event('focus')); looks")
            self.page.wait_for_function("(looks) => asleep.length > looks", arg=looks)

    def wake(self) -> None:
        """The time comes at which the page looks again by itself."""
        self.page.evaluate("asleep.at(-1)()")

    def begin(self, stage: str, identity: str, form: dict[str, str], method: str) -> None:
        """The steps up to the proof."""
        self.page.get_by_role("button", name=f"Unlock {stage}").click()
        self.steps(identity, form, method)

    def steps(self, identity: str, form: dict[str, str], method: str) -> None:
        """The same once the stage was chosen."""
        self.page.get_by_role("radio", name=identity).check()
        self.next()
        for label, value in form.items():
            self.page.get_by_label(label).fill(value)
        self.next()
        self.page.get_by_role("radio", name=method).check()

    def next(self) -> None:
        self.page.get_by_role("button", name="Continue").click()

    def send(self) -> None:
        self.page.get_by_role("button", name="Submit", exact=True).click()
        self.heading("What you submitted")

    def card(self, words: str) -> Locator:
        """What was submitted, by its name."""
        return self.page.get_by_role("article", name=words)

    def choose(self, kind: str, name: str, body: bytes, media_type: str) -> None:
        """A file for a material, by click."""
        box = self.page.get_by_role("group", name=kind)
        file: FilePayload = {"name": name, "mimeType": media_type, "buffer": body}
        box.locator("input[type=file]").set_input_files(file)
        expect(box.get_by_text("Uploaded")).to_be_visible()

    def barriers(self) -> list[str]:
        """What axe finds that would keep somebody out (WCAG 2.2 A and AA)."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("(tags) => axe.run(document, { runOnly: tags })", list(LEVELS))
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]

    def drop(self, files: Sequence[dict[str, Any]]) -> None:
        """Drag files into the box for the avatar."""
        self.page.locator("aside .drop").evaluate(DROP, list(files))
