"""What is seen through the glass of a shop, and what the glass reflects."""

from random import Random
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageOps

_GOODS: Final = ("#b5532e", "#d9a441", "#e8dcc3", "#4c6a58", "#7b3b3f", "#35506b", "#c9b79a", "#efe7da", "#8a6a4a")


def shop_window(size: tuple[int, int], draw: Random) -> Image.Image:
    """Draw a lit interior with shelves of goods, behind glass that mirrors the other side of the street."""
    inside = _room(size)
    _shelves(inside, draw)
    soft = inside.filter(ImageFilter.GaussianBlur(2.2))
    lit = Image.composite(Image.new("RGB", size, "#ffe9b8"), soft, _lamps(size, draw))
    _counter(lit, draw)
    return Image.composite(Image.new("RGB", size, "#cfdbe6"), lit, _reflection(size, draw))


def _room(size: tuple[int, int]) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return ImageOps.colorize(ramp, "#5d4630", "#2a2018")


def _shelves(room: Image.Image, draw: Random) -> None:
    pen = ImageDraw.Draw(room)
    step = room.height // 4
    for bottom in range(step, room.height, step):
        pen.rectangle((0, bottom - 5, room.width, bottom), fill="#6b4a2d")
        x = draw.randint(4, 14)
        while x < room.width:
            width, height = draw.randint(12, 34), draw.randint(step // 3, step - 22)
            pen.rounded_rectangle((x, bottom - 6 - height, x + width, bottom - 6), 4, fill=draw.choice(_GOODS))
            x += width + draw.randint(3, 12)


def _lamps(size: tuple[int, int], draw: Random) -> Image.Image:
    glow = Image.new("L", size, 0)
    pen = ImageDraw.Draw(glow)
    for place in range(1, 4):
        x, y = size[0] * place // 4 + draw.randint(-16, 16), size[1] // 9
        pen.ellipse((x - 62, y - 46, x + 62, y + 62), fill=70)
        pen.ellipse((x - 13, y - 9, x + 13, y + 9), fill=255)
    return glow.filter(ImageFilter.GaussianBlur(11))


def _counter(room: Image.Image, draw: Random) -> None:
    pen = ImageDraw.Draw(room)
    floor = room.height - 12
    x = draw.randint(8, 26)
    while x < room.width - 50:
        width, height = draw.randint(38, 84), draw.randint(34, 92)
        colour = draw.choice(_GOODS)
        pen.rounded_rectangle((x, floor - height, x + width, floor), 6, fill=colour, outline="#2a2018", width=2)
        pen.rectangle((x + 8, floor - height // 2, x + width - 8, floor - height // 2 + 14), fill="#f4efe4")
        x += width + draw.randint(10, 46)
    pen.rectangle((0, floor, room.width, room.height), fill="#cdb892")


def _reflection(size: tuple[int, int], draw: Random) -> Image.Image:
    mirror = Image.new("L", size, 26)
    pen = ImageDraw.Draw(mirror)
    x = -40
    while x < size[0]:
        width, top = draw.randint(70, 150), draw.randint(size[1] // 5, size[1] // 2)
        pen.rectangle((x, 0, x + width, top), fill=draw.randint(64, 112))
        x += width
    slant = size[0] // 3
    pen.polygon(((slant, 0), (slant + 90, 0), (slant - 60, size[1]), (slant - 150, size[1])), fill=84)
    return mirror.filter(ImageFilter.GaussianBlur(7))
