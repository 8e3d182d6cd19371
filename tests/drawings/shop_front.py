"""The front of a shop, drawn flat: 1000 by 750 points of wall, sign, glass, door and street."""

from random import Random
from typing import Final

from PIL import Image, ImageOps

from tests.drawings.photographs import photograph
from tests.drawings.sheet import Area, Ink, Sheet
from tests.drawings.shop_window import shop_window
from tests.drawings.traders import Trader

SIZE: Final = (1000, 750)
_BRICK: Final = (41, 13)
_BRICKS: Final = ("#8f4a38", "#9a5340", "#84432f", "#a25c48", "#7c3d2d", "#945544")
_PAINTS: Final = ("#17433b", "#1d2f4f", "#5a1f2b", "#2c2c2e", "#6a4a1e")
_LIGHT_PAINT: Final = "#ece5d6"


def shop_front(trader: Trader, draw: Random) -> Sheet:
    """Draw the shop with its name on the sign."""
    sheet = Sheet(SIZE, title="front", maker="camera")
    paint = draw.choice(_PAINTS)
    _wall(sheet, draw)
    _upstairs(sheet, draw)
    _street(sheet)
    sheet.box(Area(70, 296, 860, 368), fill=paint)
    for area in (Area(92, 316, 500, 270), Area(780, 316, 128, 270)):
        _glass(sheet, area, draw)
    _door(sheet, Area(622, 316, 128, 344), draw)
    _panels(sheet, paint)
    _awning(sheet, draw.choice(_PAINTS))
    _sign(sheet, trader, paint)
    return sheet


def _wall(sheet: Sheet, draw: Random) -> None:
    sheet.box(Area(0, 0, 1000, 670), fill="#b9a999")
    width, height = _BRICK
    for row in range(670 // height):
        shift = -width / 2 if row % 2 else 0
        for column in range(1000 // width + 2):
            area = Area(column * width + shift, row * height, width - 2, height - 2)
            sheet.box(area, fill=draw.choice(_BRICKS), radius=0.8)


def _upstairs(sheet: Sheet, draw: Random) -> None:
    for x in (150, 430, 710):
        sheet.box(Area(x - 10, -20, 160, 132), fill="#d8cfc0")
        sheet.box(Area(x, -20, 140, 122), fill="#3a4652")
        light = ImageOps.colorize(Image.linear_gradient("L").rotate(draw.choice((0, 180))), "#8fa3b3", "#46535f")
        for pane in (0, 1):
            sheet.picture(light, Area(x + 6 + 67 * pane, 0, 61, 94))
        sheet.box(Area(x - 18, 112, 176, 9), fill="#cbbfac")


def _street(sheet: Sheet) -> None:
    sheet.box(Area(0, 662, 1000, 90), fill="#a9a49b")
    for x in range(-40, 1000, 92):
        sheet.path([(x + 30, 662), (x, 704)], colour="#8b867d", width=1.4)
    sheet.path([(0, 682), (1000, 682)], colour="#8b867d", width=1.2)
    asphalt = ImageOps.colorize(photograph("gravel").resize((250, 60)), "#2f3033", "#8d8c8a")
    for x in range(0, 1000, 250):
        sheet.picture(asphalt, Area(x, 714, 250, 40))
    sheet.box(Area(0, 703, 1000, 12), fill="#c3beb4")


def _glass(sheet: Sheet, area: Area, draw: Random) -> None:
    sheet.box(Area(area.x - 7, area.y - 7, area.width + 14, area.height + 14), fill=_LIGHT_PAINT)
    sheet.picture(shop_window((round(area.width) * 2, round(area.height) * 2), draw), area)
    if area.width > area.height:
        x = area.x + area.width / 2
        sheet.box(Area(x - 4, area.y, 8, area.height), fill=_LIGHT_PAINT)
    sheet.path([(area.x, area.y + 2), (area.x + area.width, area.y + 2)], colour="#1a1a1a", width=3)


def _door(sheet: Sheet, area: Area, draw: Random) -> None:
    sheet.box(area, fill=_LIGHT_PAINT)
    sheet.box(Area(area.x + 7, area.y + 7, area.width - 14, area.height - 7), fill="#4a3323")
    sheet.picture(shop_window((184, 380), draw), Area(area.x + 18, area.y + 20, 92, 190))
    sheet.box(Area(area.x + 18, area.y + 228, 92, 96), fill="#3f2b1d", line="#2b1c12")
    sheet.box(Area(area.x + 106, area.y + 186, 5, 50), fill="#d2b25c", radius=2)
    sheet.box(Area(area.x + 40, area.y + 92, 48, 26), fill="#fbf8f0", radius=3)
    sheet.text((area.x + 64, area.y + 110), "OPEN", Ink(13, "#b3261e", "Helvetica-Bold", "centre"))
    sheet.box(Area(area.x - 10, 656, area.width + 20, 10), fill="#8f897f")


def _panels(sheet: Sheet, paint: str) -> None:
    for x, width in ((92, 245), (347, 245), (780, 128)):
        sheet.box(Area(x, 606, width, 44), fill=paint, line="#0e0e0e", radius=2)
        sheet.box(Area(x + 8, 613, width - 16, 30), fill=None, line="#585858", radius=2)


def _awning(sheet: Sheet, colour: str) -> None:
    for place in range(22):
        x, fill = 66 + 39.5 * place, colour if place % 2 else "#efe9dc"
        sheet.box(Area(x, 284, 39.6, 50), fill=fill)
        sheet.disc((x + 19.8, 334), 19.8, fill=fill)
    sheet.path([(66, 330), (935, 330)], colour="#8d8678", width=0.8)


def _sign(sheet: Sheet, trader: Trader, paint: str) -> None:
    sheet.box(Area(56, 170, 888, 112), fill="#cbbfac")
    sheet.box(Area(64, 178, 872, 96), fill=paint)
    sheet.box(Area(74, 187, 852, 78), fill=None, line="#d2b25c")
    size = min(58.0, 58 * 760 / Ink(58, font="Times-Bold").width(trader.store))
    for shift, colour in ((2.2, "#0a0a0a"), (0, "#f3e3b0")):
        sheet.text((500 + shift, 238 + shift), trader.store, Ink(size, colour, "Times-Bold", "centre"))
    sheet.text((500, 258), "  ·  ".join(trader.goods[:3]).upper(), Ink(11, "#e0d3ae", "Helvetica", "centre"))
    for x in (190, 500, 810):
        sheet.path([(x, 160), (x, 146), (x + 4, 140), (x + 12, 142), (x + 14, 152)], colour="#1c1c1c", width=3)
        sheet.box(Area(x + 4, 150, 22, 11), fill="#1c1c1c", radius=4)
