"""A browser window, as it looks in a screenshot."""

from io import BytesIO
from textwrap import shorten
from typing import Final

from PIL import Image

from tests.drawings.sheet import Area, Ink, Sheet

WIDTH: Final = 1440
HEIGHT: Final = 900
TOP: Final = 78


def open_window(tab: str, address: str) -> Sheet:
    """Open a window of 1440 by 900 whose page begins at `TOP`."""
    sheet = Sheet((WIDTH, HEIGHT), title=tab, maker="screenshot")
    sheet.box(Area(0, 0, WIDTH, TOP), fill="#dee1e6")
    for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        sheet.disc((20 + 20 * place, 19), 6, fill=colour)
    sheet.box(Area(84, 7, 250, 40), fill="#ffffff", radius=9)
    sheet.box(Area(0, 38, WIDTH, 40), fill="#ffffff")
    sheet.disc((104, 22), 6, fill="#5b3df0")
    sheet.text((118, 26), shorten(tab, width=30, placeholder="..."), Ink(12, "#3c4043"))
    for ends in (((317, 18), (324, 25)), ((317, 25), (324, 18))):
        sheet.path(ends, colour="#5f6368", width=1.3)
    sheet.text((350, 27), "+", Ink(17, "#5f6368"))
    _toolbar(sheet, address)
    return sheet


def screenshot(sheet: Sheet) -> bytes:
    """Give the window as the bytes of a PNG."""
    return png(sheet.pixels())


def png(image: Image.Image) -> bytes:
    """Give the image as the bytes of a PNG."""
    file = BytesIO()
    image.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _toolbar(sheet: Sheet, address: str) -> None:
    grey = "#5f6368"
    for x, way in ((26, 1), (58, -1)):
        sheet.path([(x - 6 * way, 58), (x + 6 * way, 58)], colour=grey, width=1.7)
        sheet.path([(x - 1 * way, 53), (x - 6 * way, 58), (x - 1 * way, 63)], colour=grey, width=1.7)
    sheet.disc((90, 58), 6, fill=None, line=grey)
    sheet.box(Area(114, 44, 1230, 28), fill="#f1f3f4", radius=14)
    sheet.box(Area(130, 56, 9, 8), fill=grey, radius=1.5)
    sheet.path([(132, 56), (132, 52.5), (137, 52.5), (137, 56)], colour=grey, width=1.4)
    sheet.text((148, 62.5), address, Ink(13, "#202124"))
    sheet.disc((1376, 58), 11, fill="#e8710a")
    sheet.text((1376, 62), "M", Ink(11, "#ffffff", "Helvetica-Bold", "centre"))
    for dot in (-5, 0, 5):
        sheet.disc((1414, 58 + dot), 1.6, fill=grey)
    sheet.path([(0, 77.5), (WIDTH, 77.5)], colour="#dadce0")
