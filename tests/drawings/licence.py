"""A scan of a business licence."""

from datetime import date
from random import Random
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cli.demo.demo_file import DemoFile
from tests.drawings.camera import blotches, grain, jpeg, shade
from tests.drawings.chance import chance, digits
from tests.drawings.money import day
from tests.drawings.seal import border, emblem, signature, stamp
from tests.drawings.sheet import A4, Area, Ink, Sheet
from tests.drawings.traders import Trader, trader_for

_SCAN: Final = (1654, 2339)
_PAPER_SCALE: Final = 2.7
_END_OF_BARS: Final = 196
_COLOURS: Final = ("#7a5c1e", "#1f5b52", "#3c3f7d", "#7d2f3c")
_LABEL: Final = Ink(10.5, "#55504a", "Times-Italic")
_VALUE: Final = Ink(13, "#1c1a18", "Times-Roman")
_NAME: Final = Ink(15, "#1c1a18", "Times-Bold")


def business_licence(identity: str, seed: int) -> DemoFile:
    """Draw a JPEG of an A4 page scanned at 200 dots to the inch that shows the name of the registered entity."""
    draw = chance("business_licence", identity, seed)
    trader = trader_for(identity, seed)
    page = _page(trader, draw).pixels(scale=_PAPER_SCALE)
    return DemoFile(
        filename=f"SCAN_{digits(draw, 4)}.jpg",
        media_type="image/jpeg",
        body=jpeg(_scan(page, draw), quality=80),
        facts={"entity_name": trader.company},
    )


def _page(trader: Trader, draw: Random) -> Sheet:
    sheet = Sheet(A4, title="Business licence", maker="scanner")
    colour = draw.choice(_COLOURS)
    sheet.box(Area(0, 0, *A4), fill="#fbf6e9")
    border(sheet, Area(34, 34, A4[0] - 68, A4[1] - 68), colour)
    emblem(sheet, (A4[0] / 2, 118), 42, colour)
    _title(sheet, trader, colour, digits(draw, 12))
    _fields(sheet, trader, draw)
    _foot(sheet, trader, draw)
    return sheet


def _title(sheet: Sheet, trader: Trader, colour: str, number: str) -> None:
    centre = A4[0] / 2
    sheet.text(
        (centre, 190), f"COMMERCIAL REGISTER · {trader.country.upper()}", Ink(11, colour, "Times-Roman", "centre")
    )
    sheet.text((centre, 232), "BUSINESS LICENCE", Ink(33, colour, "Times-Bold", "centre"))
    sheet.text((centre, 256), f"Registration No. {number}", Ink(12, "#1c1a18", "Courier-Bold", "centre"))
    sheet.path([(centre - 120, 270), (centre + 120, 270)], colour=colour, width=0.7)


def _fields(sheet: Sheet, trader: Trader, draw: Random) -> None:
    founded = date(draw.randint(1994, 2021), draw.randint(1, 12), draw.randint(1, 28))
    fields = (
        ("Name of entity", trader.company),
        ("Trading as", trader.store),
        ("Registered office", f"{trader.street}, {trader.city}"),
        ("Legal representative", trader.officer),
        ("Registered capital", f"{trader.currency} {draw.randint(25, 900) * 1000:,}.00"),
        ("Date of establishment", day(founded)),
        ("Period of validity", "unlimited, subject to annual return"),
        ("Scope of business", f"Trade and services: {', '.join(trader.goods[:2])};"),
        ("", "storage and delivery connected with the above."),
    )
    for place, (label, words) in enumerate(fields):
        y = 316 + 34 * place
        sheet.row(y, ((84, label, _LABEL), (216, words, _NAME if place == 0 else _VALUE)))
        sheet.path([(216, y + 6), (508, y + 6)], colour="#b9ae96", width=0.4)


def _foot(sheet: Sheet, trader: Trader, draw: Random) -> None:
    town = " ".join(word for word in trader.city.split() if word.isalpha() and not word.isupper())
    issued = date(2025, draw.randint(1, 12), draw.randint(1, 28))
    sheet.text((84, 668), f"Issued at {town} on {day(issued)}", _VALUE)
    sheet.path([(84, 724), (240, 724)], colour="#1c1a18", width=0.6)
    signature(sheet, (98, 712), draw)
    sheet.text((84, 737), "Registrar", _LABEL)
    stamp(sheet, (428, 690), f"{town.upper()} · COMMERCIAL REGISTER", tilt=draw.uniform(-14, 14))
    _bars(sheet, draw)


def _bars(sheet: Sheet, draw: Random) -> None:
    x = 84.0
    while x < _END_OF_BARS:
        width = draw.choice((0.8, 0.8, 1.6, 2.4))
        sheet.box(Area(x, 750, width, 22), fill="#1c1a18")
        x += width + draw.choice((0.8, 1.6, 2.2))


def _scan(page: Image.Image, draw: Random) -> Image.Image:
    worn = shade(page.filter(ImageFilter.GaussianBlur(0.7)), blotches(page.size, draw, cells=9, depth=16))
    _crease(worn, draw)
    turned = worn.convert("RGBA").rotate(draw.uniform(-1.1, 1.1), Image.Resampling.BICUBIC, expand=True)
    bed = Image.new("RGB", _SCAN, "#e9eae8")
    at = ((_SCAN[0] - turned.width) // 2 + draw.randint(-4, 4), (_SCAN[1] - turned.height) // 2 + draw.randint(-6, 6))
    shadow = Image.new("L", _SCAN, 255)
    shadow.paste(150, (at[0] + 5, at[1] + 6), turned.getchannel("A"))
    lit = shade(bed, shadow.reduce(4).filter(ImageFilter.GaussianBlur(2)).resize(_SCAN))
    lit.paste(turned, at, turned)
    return grain(lit, draw, 5)


def _crease(page: Image.Image, draw: Random) -> None:
    """Fold the paper across its middle, as it came out of an envelope."""
    y = page.height // 2 + draw.randint(-30, 30)
    fold = Image.new("L", (page.width, 14), 255)
    ImageDraw.Draw(fold).line([(0, 6), (page.width, 8)], fill=196, width=2)
    soft = fold.filter(ImageFilter.GaussianBlur(1.6))
    strip = page.crop((0, y, page.width, y + 14))
    page.paste(ImageChops.multiply(strip, Image.merge("RGB", (soft, soft, soft))), (0, y))
