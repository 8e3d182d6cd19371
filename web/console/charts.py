import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

WIDTH: Final = 440
HEIGHT: Final = 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 76, 12, 28
_PLACES: Final = 2
_TICKS: Final = 4
_WEEK_LABELS: Final = 6
_LINE_OF_TEXT: Final = 15


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, which stands at its end, and a value for each week; None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the same weeks. The vertical axis covers `low` to `high` at least; `unit` follows every number."""

    key: str
    title: str
    description: str
    weeks: Sequence[str]
    lines: Sequence[Line]
    unit: str = ""
    low: float = 0
    high: float = 1

    @property
    def is_empty(self) -> bool:
        """Whether no line has a value."""
        return all(value is None for line in self.lines for value in line.values)


@dataclass(frozen=True, slots=True)
class Scale:
    """Converts a week and a value to coordinates in the drawing."""

    weeks: int
    low: float
    high: float

    def x(self, week: int) -> float:
        """The distance of a week from the left edge."""
        room = WIDTH - _LEFT - _RIGHT
        return round(_LEFT + room * (week / (self.weeks - 1) if self.weeks > 1 else 0.5), 1)

    def y(self, value: float) -> float:
        """The distance of a value from the top edge."""
        room = HEIGHT - _TOP - _BOTTOM
        return round(_TOP + room * (self.high - value) / (self.high - self.low), 1)


def drawn(chart: Chart) -> Markup:
    """The chart as an SVG element, with title and description for screen readers."""
    values = [value for line in chart.lines for value in line.values if value is not None]
    ticks = ticks_of(min([chart.low, *values]), max([chart.high, *values]))
    scale = Scale(len(chart.weeks), ticks[0], ticks[-1])
    names = f'aria-labelledby="{chart.key}-title" aria-describedby="{chart.key}-description"'
    parts = (
        f'<title id="{chart.key}-title">{escape(chart.title)}</title>',
        f'<desc id="{chart.key}-description">{escape(chart.description)}</desc>',
        *_grid(ticks, scale, chart.unit),
        *_weeks(chart.weeks, scale),
        *(part for number, line in enumerate(chart.lines) for part in _line(line, number, scale, chart)),
        *_names(chart.lines, scale),
    )
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return Markup(f'<svg class="chart" role="img" {names} {box}>{"".join(parts)}</svg>')  # noqa: S704  (every text in it is escaped)


def ticks_of(low: float, high: float) -> list[float]:
    """Round numbers at equal distances, from at most `low` to at least `high`."""
    high = high if high > low else low + 1
    rough = (high - low) / _TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.floor(round(low / step, 9)), math.ceil(round(high / step, 9))
    return [round(number * step, 9) for number in range(first, last + 1)]


def spread(wanted: Sequence[float], *, apart: float, lowest: float) -> list[float]:
    """Positions close to those wanted, in the same order, at least `apart` from each other, none further down than `lowest`."""
    order = sorted(range(len(wanted)), key=lambda number: wanted[number], reverse=True)
    places = list(wanted)
    limit = lowest
    for number in order:
        places[number] = min(wanted[number], limit)
        limit = places[number] - apart
    return places


def said(value: float | None, unit: str = "") -> str:
    """A number as text, in the chart and in its table."""
    return "–" if value is None else f"{round(value, _PLACES):,.10g}{unit}"


def _grid(ticks: Sequence[float], scale: Scale, unit: str) -> Iterator[str]:
    for tick in ticks:
        y = scale.y(tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{escape(said(tick, unit))}</text>'


def _weeks(weeks: Sequence[str], scale: Scale) -> Iterator[str]:
    every = math.ceil(len(weeks) / _WEEK_LABELS)
    for number, week in enumerate(weeks):
        if (len(weeks) - 1 - number) % every == 0:
            short = escape(week.partition("-")[2])
            yield f'<text class="tick" x="{scale.x(number)}" y="{HEIGHT - 8}" text-anchor="middle">{short}</text>'


def _line(line: Line, number: int, scale: Scale, chart: Chart) -> Iterator[str]:
    """The line is interrupted in weeks without a value."""
    points = [
        (week, scale.x(week), scale.y(value), value) for week, value in enumerate(line.values) if value is not None
    ]
    for _, run in groupby(enumerate(points), key=lambda each: each[1][0] - each[0]):
        path = " ".join(f"{x},{y}" for _, (_, x, y, _) in run)
        yield f'<polyline class="line line-{number}" points="{path}"/>'
    for week, x, y, value in points:
        title = escape(f"{chart.weeks[week]}, {line.name}: {said(value, chart.unit)}")
        yield f'<circle class="dot line-{number}" cx="{x}" cy="{y}" r="3"><title>{title}</title></circle>'


def _names(lines: Sequence[Line], scale: Scale) -> Iterator[str]:
    """The name of each line, at its end."""
    ends = [
        (number, line.name, *max((week, value) for week, value in enumerate(line.values) if value is not None))
        for number, line in enumerate(lines)
        if any(value is not None for value in line.values)
    ]
    places = spread([scale.y(value) + 4 for *_, value in ends], apart=_LINE_OF_TEXT, lowest=HEIGHT - _BOTTOM)
    for (number, name, week, _), y in zip(ends, places, strict=True):
        yield f'<text class="name line-{number}" x="{scale.x(week) + 8}" y="{round(y, 1)}">{escape(name)}</text>'
