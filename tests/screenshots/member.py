"""`python -m tests.screenshots.member [FOLDER]`: the member's page at 1280 and 390 pixels, light and dark, as small PNG files."""

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
from PIL import Image
from playwright.sync_api import Browser

from config.container import Container
from config.logging import configure_logging
from tests.drawings import avatar_photo, material
from tests.support.bodies import avatar_body, verification_body
from tests.support.browser import chromium
from tests.support.desk import Desk
from tests.support.member_page import SIZES, MemberPage
from tests.support.methods import email_body
from tests.support.servers import servers
from tests.support.web import serving_as_told

HERE: Final = Path(__file__).parents[2] / "docs/images"
THEMES: Final = ("light", "dark")
COLOURS: Final = 128
FORM: Final = {"Store name": "Lima Home", "Store link": "https://limahome.example.com"}


def screenshots(folder: Annotated[Path, typer.Argument(help="Where to write them.")] = HERE) -> None:
    """Draw the page of a member who has submitted this and that."""
    configure_logging("screenshots", log_format="json", level="WARNING")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="proofdesk-screenshots-") as made, servers(Path(made)) as tools:
        _lived(Desk(tools))
        with serving_as_told(tools) as told, chromium() as browser:
            for name, draw in SCENES.items():
                for width, height in SIZES.values():
                    for theme in THEMES:
                        to = folder / f"member-{name}-{width}-{theme}.png"
                        _drawn(browser, told, draw, to=to, size=(width, height), theme=theme)


def _drawn(
    browser: Browser,
    tools: Container,
    draw: Callable[[MemberPage], None],
    *,
    to: Path,
    size: tuple[int, int],
    theme: Any,
) -> None:
    width, height = size
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    member = MemberPage(context.new_page(), tools)
    draw(member)
    with Image.open(io.BytesIO(member.page.screenshot(full_page=True))) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(to, optimize=True)
    context.close()
    typer.echo(f"{to.name} {' '.join(member.faults)}".rstrip())


def _lived(desk: Desk) -> None:
    """A public picture and a newer one under review, a verification that was rejected, and an address that waits for its code."""
    for photo in ("portrait", "cat"):
        desk.accept(avatar_body(desk.upload(avatar_photo(photo).body), filename=f"{photo}.jpg"))
        desk.inspect()
        if photo == "portrait":
            desk.approve()
            desk.run_due()
    paper = material("bank_statement", identity="wholesaler", seed=1)
    key = desk.upload(paper.body, media_type=paper.media_type)
    desk.accept(verification_body({"bank_statement": key}))
    desk.inspect()
    desk.reject(_verification(desk), message="Please scan all pages of May, the last one too.")
    desk.accept(email_body("ana@limahome.example.com", stage="trusted"))
    desk.run_due()


def _verification(desk: Desk) -> Any:
    return next(
        held for held in (desk.claimed(f"r-{number}") for number in range(9)) if desk.case(held).kind != "avatar"
    )


def _overview(member: MemberPage) -> None:
    member.page.get_by_text("Why then?").first.click()


def _picture(member: MemberPage) -> None:
    body = base64.b64encode(avatar_photo("portrait").body).decode()
    member.drop([{"name": "me.jpg", "type": "image/jpeg", "base64": body}])
    member.page.get_by_role("button", name="Upload picture").wait_for()


def _proof(member: MemberPage) -> None:
    member.begin("Verified member", "Online retailer", FORM, "Materials")
    drawn = material("store_back_office", identity="online_retailer", seed=2)
    member.choose("Screenshot of the store's back office", "orders.png", drawn.body, drawn.media_type)
    member.next()
    member.page.get_by_role("alert").first.wait_for()


SCENES: Final[Mapping[str, Callable[[MemberPage], None]]] = {
    "overview": _overview,
    "picture": _picture,
    "proof": _proof,
}


if __name__ == "__main__":
    typer.run(screenshots)
