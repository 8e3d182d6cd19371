"""A real Chromium for the tests: the one on the PATH, Playwright's own, or one that is installed now.

`python -m tests.support.browser` makes sure that there is one. Where none can be had it says so and exits 0, and the browser tests
are skipped; in CI it exits 1, and they fail.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import typer
from playwright.sync_api import Browser, Error, expect, sync_playwright

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
APT: Final = (
    "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y chromium-headless-shell fonts-noto-cjk"
)
IN_CI: Final = bool(os.environ.get("CI"))

expect.set_options(timeout=30_000)  # as long as Playwright waits for anything else


class NoBrowser(Exception):
    """No Chromium was found."""


def find() -> str:
    """The path of a Chromium. Raises NoBrowser."""
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    if on_path is not None:
        return on_path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if not Path(own).exists():
        raise NoBrowser("There is no Chromium on the PATH and none of Playwright's own; run: make browser")
    return own


def install() -> None:
    """Try Debian's package as root, else Playwright's download; whether one of them worked is for `find` to see."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["sh", "-c", APT], check=False, stdout=subprocess.DEVNULL)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium with an empty profile. Raises NoBrowser, or playwright's Error where it does not start."""
    path = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET), chromium_sandbox=os.geteuid() != 0)
        try:
            yield browser
        finally:
            browser.close()


class Shared:
    """One Chromium for tests that follow each other. It ends before one that needs none, since Playwright's event loop belongs to this
    thread as long as it runs."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        """It runs from here on. Raises as `chromium` does."""
        if self._browser is None:
            self._browser = self._running.enter_context(chromium())
        return self._browser

    def close(self) -> None:
        self._browser = None
        self._running.close()


shared: Final = Shared()


def main() -> int:
    """Find a Chromium, or install one; 1 where CI has to do without."""
    try:
        find()
    except NoBrowser:
        typer.echo("No Chromium here yet: installing one for the browser tests.", err=True)
        install()
    try:
        with chromium() as browser:
            typer.echo(f"Browser tests run in Chromium {browser.version}.")
    except (NoBrowser, Error) as why:
        typer.echo(f"NO BROWSER TESTS: no Chromium can be had here ({why}).", err=True)
        return 1 if IN_CI else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
