"""The engraved parts of a certificate: its border, its emblem and its stamp."""

from itertools import pairwise
from math import cos, pi, sin
from random import Random

from reportlab.lib.colors import HexColor

from tests.drawings.sheet import Area, Ink, Sheet


def border(sheet: Sheet, area: Area, colour: str) -> None:
    """Draw a frame of interwoven waves between two rules."""
    for inset, width in ((0, 1.6), (19, 0.9)):
        sheet.path(_corners(area, inset), colour=colour, width=width)
    for phase in range(5):
        sheet.path(_wave(area, 9.5, phase * 2 * pi / 5), colour=colour, width=0.45)
    for x, y in _corners(area, 9.5)[:4]:
        sheet.box(Area(x - 9.5, y - 9.5, 19, 19), fill="#fbf6e9", line=colour)
        sheet.path([_star((x, y), 7, step) for step in range(6)], colour=colour, width=0.8)


def emblem(sheet: Sheet, centre: tuple[float, float], radius: float, colour: str) -> None:
    """Draw a rosette of fine lines around a letterless disc."""
    for turn in range(9):
        phase = turn * 2 * pi / 9
        sheet.path([_petal(centre, radius, step, phase) for step in range(181)], colour=colour, width=0.4)
    sheet.disc(centre, radius * 0.36, fill="#ffffff", line=colour)
    sheet.path([_star(centre, radius * 0.27, step) for step in range(6)], colour=colour, width=1.4)


def stamp(sheet: Sheet, centre: tuple[float, float], words: str, *, tilt: float) -> None:
    """Draw a red round stamp with the words along its rim and a star in its middle."""
    pen = sheet.pen
    pen.saveState()
    pen.setFillAlpha(0.72)
    pen.setStrokeAlpha(0.72)
    for radius in (56, 52.5):
        sheet.disc(centre, radius, fill=None, line="#c1121f")
    _around(sheet, centre, words, tilt)
    sheet.path([_star(centre, 19, step) for step in range(6)], colour="#c1121f", width=1, filled=True)
    sheet.text((centre[0], centre[1] + 37), "REGISTRY OFFICE", Ink(6.2, "#c1121f", "Helvetica-Bold", "centre"))
    pen.restoreState()


def signature(sheet: Sheet, at: tuple[float, float], draw: Random) -> None:
    """Draw a scrawl in blue ink, about 110 points long."""
    waves = [(draw.uniform(4, 11), draw.uniform(0.09, 0.42), draw.uniform(0, 6)) for _ in range(3)]
    points = []
    for step in range(150):
        lift = sum(height * sin(rate * step + phase) for height, rate, phase in waves) * (1 - step / 175)
        points.append((at[0] + step * 0.72 + 5 * sin(step * 0.33), at[1] - lift * 0.8))
    sheet.path(points, colour="#1b2f7a", width=1.3)


def _corners(area: Area, inset: float) -> list[tuple[float, float]]:
    left, top = area.x + inset, area.y + inset
    right, bottom = area.x + area.width - inset, area.y + area.height - inset
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def _wave(area: Area, inset: float, phase: float) -> list[tuple[float, float]]:
    points = []
    corners = _corners(area, inset)
    for (x1, y1), (x2, y2) in pairwise(corners):
        steps = round((abs(x2 - x1) + abs(y2 - y1)) / 2)
        across = (1.0, 0.0) if x1 == x2 else (0.0, 1.0)
        for step in range(steps):
            swing = 7 * sin(step / 4.5 + phase)
            along = step / steps
            points.append((x1 + (x2 - x1) * along + across[0] * swing, y1 + (y2 - y1) * along + across[1] * swing))
    return points


def _petal(centre: tuple[float, float], radius: float, step: int, phase: float) -> tuple[float, float]:
    angle = step * pi / 90
    reach = radius * (0.72 + 0.28 * sin(9 * angle + phase))
    return centre[0] + reach * cos(angle), centre[1] + reach * sin(angle)


def _star(centre: tuple[float, float], radius: float, step: int) -> tuple[float, float]:
    angle = step * 4 * pi / 5 - pi / 2
    return centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)


def _around(sheet: Sheet, centre: tuple[float, float], words: str, tilt: float) -> None:
    pen, step = sheet.pen, min(15.0, 232 / len(words))
    pen.setFillColor(HexColor("#c1121f"))
    pen.setFont("Helvetica-Bold", 8.2)
    for place, letter in enumerate(words):
        angle = (len(words) - 1) * step / 2 - place * step + tilt
        pen.saveState()
        pen.translate(centre[0], sheet.height - centre[1])
        pen.rotate(angle)
        pen.drawCentredString(0, 42, letter)
        pen.restoreState()
