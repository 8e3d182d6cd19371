"""A screenshot of a profile page on a social network."""

from collections.abc import Iterator
from random import Random
from typing import Final

from PIL import Image, ImageEnhance, ImageOps

from cli.demo.demo_file import DemoFile
from tests.drawings.browser import HEIGHT, TOP, WIDTH, open_window, screenshot
from tests.drawings.chance import chance
from tests.drawings.icons import icon
from tests.drawings.photographs import photograph
from tests.drawings.sheet import Area, Ink, Sheet
from tests.drawings.traders import Trader, trader_for

_SIDE: Final = 236
_GRID: Final = Area(404, 486, 868, 0)
_TILE: Final = 284
_GAP: Final = 8
_MENU: Final = {
    "Home": "house",
    "Search": "lens",
    "Explore": "compass",
    "Messages": "plane",
    "Notifications": "heart",
    "Create": "plus",
    "Profile": "person",
}
_SUBJECTS: Final = ("coffee", "cat", "galaxies", "rocket", "photographer")
_DUSKS: Final = (("#f7b267", "#4d194d"), ("#a8dadc", "#1d3557"), ("#ffd6a5", "#b5546a"), ("#cfe8c9", "#2d5d4b"))
_QUOTES: Final = ("new drop friday", "studio notes", "small batch", "the quiet hour", "field guide no. 7")
_BOLD: Final = Ink(15, "#16181c", "Helvetica-Bold")
_TEXT: Final = Ink(15, "#16181c")
_GREY: Final = Ink(13, "#71767d")


def social_media_home(identity: str, seed: int) -> DemoFile:
    """Draw a PNG of 1440 by 900 that shows the account's handle and its number of followers."""
    draw = chance("social_media_home", identity, seed)
    trader = trader_for(identity, seed)
    handle = _handle(trader.store)
    followers = draw.randint(8_300, 964_000)
    return DemoFile(
        filename=f"{handle.strip('_')}_profile_{draw.randint(1, 9)}.png",
        media_type="image/png",
        body=_draw(trader, handle, followers, draw),
        facts={"account": f"@{handle}", "followers": followers},
    )


def _handle(name: str) -> str:
    words = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._") else " " for letter in name)
    return "_".join(words.lower().split())


def _draw(trader: Trader, handle: str, followers: int, draw: Random) -> bytes:
    sheet = open_window(f"{trader.officer} (@{handle})", f"www.fotolane.example/{handle}")
    sheet.box(Area(0, TOP, WIDTH, HEIGHT - TOP), fill="#ffffff")
    posts = draw.randint(140, 1900)
    _grid(sheet, draw)
    _menu(sheet)
    _profile(sheet, trader, handle, (posts, followers, draw.randint(120, 990)))
    _highlights(sheet, draw)
    return screenshot(sheet)


def _menu(sheet: Sheet) -> None:
    sheet.path([(_SIDE, TOP), (_SIDE, HEIGHT)], colour="#dfe2e6")
    sheet.text((28, 126), "fotolane", Ink(25, "#16181c", "Times-BoldItalic"))
    for place, (name, symbol) in enumerate(_MENU.items()):
        y = 176 + 52 * place
        icon(sheet, symbol, (28, y - 16), size=21, colour="#16181c")
        sheet.text((64, y), name, _BOLD if name == "Profile" else _TEXT)


def _profile(sheet: Sheet, trader: Trader, handle: str, counts: tuple[int, int, int]) -> None:
    x = 640.0
    face = chance("face", handle).choice(("cat", "coffee"))
    sheet.disc((500, 206), 82, fill="#e0487c")
    sheet.disc((500, 206), 78, fill="#ffffff")
    sheet.picture(photograph(face), Area(426, 132, 148, 148), radius=74)
    name = Ink(21, "#16181c")
    sheet.text((x, 146), f"@{handle}", name)
    _button(sheet, "Edit profile", x + name.width(f"@{handle}") + 22)
    _button(sheet, "View archive", x + name.width(f"@{handle}") + 138)
    for count, words in zip(counts, ("posts", "followers", "following"), strict=True):
        sheet.text((x, 190), f"{count:,}", _BOLD)
        sheet.text((x + _BOLD.width(f"{count:,}") + 5, 190), words, _TEXT)
        x += _BOLD.width(f"{count:,}") + _TEXT.width(words) + 42
    sheet.text((640, 224), trader.officer, _BOLD)
    sheet.text((640, 245), "Digital creator", _GREY)
    sheet.text((640, 266), f"{' · '.join(trader.goods[:3])}  |  {trader.city}", _TEXT)
    sheet.text((640, 287), f"collab@{handle.replace('_', '-').replace('.', '-')}.example", Ink(15, "#0a4f8f"))


def _button(sheet: Sheet, words: str, x: float) -> None:
    sheet.box(Area(x, 124, 106, 32), fill="#eceef0", radius=8)
    sheet.text((x + 53, 145), words, Ink(14, "#16181c", "Helvetica-Bold", "centre"))


def _highlights(sheet: Sheet, draw: Random) -> None:
    for place, words in enumerate(("Studio", "Markets", "Q&A", "Travel", "Press")):
        x = 462 + 116 * place
        sheet.disc((x, 366), 38, fill=None, line="#d2d6da")
        sheet.picture(_dusk(draw, 68), Area(x - 34, 332, 68, 68), radius=34)
        sheet.text((x, 424), words, Ink(12, "#16181c", align="centre"))
    sheet.path([(_GRID.x, 444), (_GRID.x + _GRID.width, 444)], colour="#dfe2e6")
    for x, words in ((-120, "POSTS"), (0, "REELS"), (120, "TAGGED")):
        ink = Ink(12, "#16181c" if words == "POSTS" else "#71767d", "Helvetica-Bold", "centre")
        sheet.text((838 + x, 470), words, ink)
    sheet.box(Area(838 - 148, 443, 56, 2), fill="#16181c")


def _grid(sheet: Sheet, draw: Random) -> None:
    posts = list(_posts(draw))
    draw.shuffle(posts)
    for place, (image, words) in enumerate(posts[:6]):
        x = _GRID.x + (_TILE + _GAP) * (place % 3)
        y = _GRID.y + (_TILE + _GAP) * (place // 3)
        sheet.picture(image, Area(x, y, _TILE, _TILE))
        sheet.text((x + _TILE / 2, y + _TILE / 2), words, Ink(26, "#ffffff", "Times-Italic", "centre"))


def _posts(draw: Random) -> Iterator[tuple[Image.Image, str]]:
    for subject in draw.sample(_SUBJECTS, 4):
        image = ImageOps.fit(photograph(subject).convert("RGB"), (_TILE, _TILE))
        warmth = ImageEnhance.Color(image).enhance(draw.uniform(0.6, 1.25))
        yield draw.choice((ImageOps.mirror(warmth), warmth)), ""
    for words in draw.sample(_QUOTES, 2):
        yield _dusk(draw, _TILE), words


def _dusk(draw: Random, size: int) -> Image.Image:
    light, dark = draw.choice(_DUSKS)
    ramp = Image.linear_gradient("L").rotate(draw.choice((0, 180))).resize((size, size))
    glow = Image.radial_gradient("L").resize((size, size))
    return ImageOps.colorize(Image.blend(ramp, glow, 0.3), light, dark)
