"""`python -m tests.screenshots [FOLDER] [--only NAME]`: each page at 1280 and 390 pixels, light and dark, as small PNG files."""

import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final, Literal

import typer
from PIL import Image
from playwright.sync_api import Browser, Page

from config.logging import configure_logging
from tests.screenshots import console
from tests.support.browser import chromium
from tests.support.desk import Desk
from tests.support.servers import servers, with_review
from tests.support.web import serving

HERE: Final = Path(__file__).parents[2] / "docs/images"
SIZES: Final = {1280: 800, 390: 844}
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
COLOURS: Final = 256


def screenshots(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = HERE,
    only: Annotated[str, typer.Option(help="Only pages whose name has this in it.")] = "",
) -> None:
    """Draw every page of the console over a queue as it looks on a working day."""
    configure_logging("screenshots", level="WARNING")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="proofdesk-screenshots-") as made, servers(Path(made)) as tools:
        desk = Desk(with_review(tools, undo_window_seconds=10))
        console.prepare(desk)
        with serving(desk.tools) as base, chromium() as browser:
            for name, draw in console.PAGES.items():
                if only not in name:
                    continue
                for width, theme, page in _pages(browser):
                    draw(page, desk, base)
                    _keep(page, folder / f"console-{name}-{width}-{theme}.png")
                    typer.echo(f"{name} {width} {theme}")


def _pages(browser: Browser) -> Iterator[tuple[int, str, Page]]:
    for width, height in SIZES.items():
        for theme in THEMES:
            size = {"width": width, "height": height}
            context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            page = context.new_page()
            page.on("console", lambda said: typer.echo(f"  {said.type}: {said.text}") if said.type == "error" else None)
            page.on("pageerror", lambda error: typer.echo(f"  {error}"))
            yield width, theme, page
            context.close()


def _keep(page: Page, path: Path) -> None:
    """With few colours a page of flat areas takes a quarter of the bytes."""
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    typer.run(screenshots)
