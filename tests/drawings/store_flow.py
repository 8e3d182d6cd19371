"""A selling platform's statement of a store's turnover, one page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from cli.demo.demo_file import DemoFile
from tests.drawings.chance import chance, digits
from tests.drawings.money import Period, day, plain, printed, whole_months
from tests.drawings.sheet import A4, Area, Ink, Sheet
from tests.drawings.traders import Trader, trader_for

_ACCENT: Final = "#5b3df0"
_LEFT: Final = 48
_RIGHT: Final = 547
_TOP_OF_TABLE: Final = 372
_LABEL: Final = Ink(7.5, "#6b7280")
_PLAIN: Final = Ink(9)
_NUMBER: Final = Ink(9, align="right")


@dataclass(frozen=True, slots=True)
class _Week:
    period: Period
    orders: int
    gross: int
    refunds: int
    fees: int

    @property
    def net(self) -> int:
        return self.gross - self.refunds - self.fees


def store_flow(identity: str, seed: int) -> DemoFile:
    """Print a PDF of two or three months' sales by week; its amount is the turnover before refunds and fees."""
    draw = chance("store_flow", identity, seed)
    trader, period = trader_for(identity, seed), whole_months(draw, 2 + seed % 2)
    weeks = tuple(_trade(draw, period))
    return DemoFile(
        filename=f"turnover-report-{period.first:%Y%m%d}-{period.last:%Y%m%d}.pdf",
        media_type="application/pdf",
        body=_print(trader, period, weeks, digits(draw, 7)),
        facts={
            "period_from": period.first.isoformat(),
            "period_to": period.last.isoformat(),
            "amount": plain(_sum(weeks)),
            "currency": trader.currency,
        },
    )


def _trade(draw: Random, period: Period) -> Iterator[_Week]:
    usual = draw.randint(35, 120)
    first = period.first
    while first <= period.last:
        last = min(first + timedelta(days=6), period.last)
        orders = max(3, round(usual * draw.uniform(0.7, 1.4) * ((last - first).days + 1) / 7))
        gross = sum(draw.randint(1_290, 14_900) for _ in range(orders))
        yield _Week(Period(first, last), orders, gross, round(gross * draw.uniform(0, 0.05)), round(gross * 0.061))
        first = last + timedelta(days=1)


def _sum(weeks: tuple[_Week, ...]) -> int:
    return sum(week.gross for week in weeks)


def _print(trader: Trader, period: Period, weeks: tuple[_Week, ...], store_number: str) -> bytes:
    sheet = Sheet(A4, title="Turnover statement", maker="Shopharbor Payments")
    _head(sheet, trader, period, store_number)
    _figures(sheet, trader.currency, weeks)
    _chart(sheet, weeks)
    _table(sheet, weeks)
    foot = "Shopharbor Payments B.V., Keizersgracht 999, Amsterdam. Generated from settled orders; no signature needed."
    sheet.text((_LEFT, 806), foot, _LABEL)
    return sheet.pdf()


def _head(sheet: Sheet, trader: Trader, period: Period, store_number: str) -> None:
    sheet.box(Area(_LEFT, 40, 22, 22), fill=_ACCENT, radius=6)
    sheet.text((_LEFT + 6.5, 56), "S", Ink(14, "#ffffff", "Helvetica-Bold"))
    sheet.text((_LEFT + 30, 56), "shopharbor", Ink(15, font="Helvetica-Bold"))
    sheet.text((_RIGHT, 56), "Turnover statement", Ink(15, "#374151", align="right"))
    sheet.path([(_LEFT, 76), (_RIGHT, 76)], colour="#d7dbe0")
    details = (
        ("Store", f"{trader.store} (no. {store_number})"),
        ("Operated by", f"{trader.company}, {trader.city}"),
        ("Period", str(period)),
        ("Issued", day(period.last + timedelta(days=3))),
    )
    for place, (label, words) in enumerate(details):
        ink = Ink(10, font="Helvetica-Bold") if place == 0 else Ink(10)
        sheet.row(100 + 16 * place, ((_LEFT, label, Ink(9, "#6b7280")), (_LEFT + 90, words, ink)))


def _figures(sheet: Sheet, currency: str, weeks: tuple[_Week, ...]) -> None:
    paid = sum(week.net for week in weeks)
    orders = sum(week.orders for week in weeks)
    figures = (
        ("Total turnover", f"{currency} {printed(_sum(weeks))}"),
        ("Paid out after refunds and fees", f"{currency} {printed(paid)}"),
        ("Orders", f"{orders:,}"),
    )
    for place, (label, words) in enumerate(figures):
        area = Area(_LEFT + 170 * place, 170, 159, 52)
        sheet.box(area, fill="#f5f4fe" if place == 0 else "#f6f7f8", radius=5)
        sheet.text((area.x + 11, 188), label, _LABEL)
        sheet.text((area.x + 11, 209), words, Ink(13, font="Helvetica-Bold"))


def _chart(sheet: Sheet, weeks: tuple[_Week, ...]) -> None:
    sheet.text((_LEFT, 248), "Turnover by week", Ink(9, font="Helvetica-Bold"))
    highest = max(week.gross for week in weeks)
    step = (_RIGHT - _LEFT) / len(weeks)
    for line in range(4):
        sheet.path([(_LEFT, 262 + 24 * line), (_RIGHT, 262 + 24 * line)], colour="#eceef1", width=0.6)
    for place, week in enumerate(weeks):
        height = 70 * week.gross / highest
        x = _LEFT + step * place + step * 0.2
        sheet.box(Area(x, 334 - height, step * 0.6, height), fill=_ACCENT, radius=1.5)
        sheet.text((x + step * 0.3, 345), f"{week.period.first:%d %b}", Ink(6, "#6b7280", align="centre"))


def _table(sheet: Sheet, weeks: tuple[_Week, ...]) -> None:
    head = Ink(8, "#6b7280", "Helvetica-Bold", "right")
    names = ("Orders", "Turnover", "Refunds", "Fees", "Net")
    columns = (236, 318, 394, 464, _RIGHT)
    sheet.text((_LEFT, _TOP_OF_TABLE), "Week", Ink(8, "#6b7280", "Helvetica-Bold"))
    sheet.row(_TOP_OF_TABLE, tuple((x, name, head) for x, name in zip(columns, names, strict=True)))
    y = _TOP_OF_TABLE + 7
    for week in weeks:
        sheet.path([(_LEFT, y), (_RIGHT, y)], colour="#e3e5e9", width=0.5)
        sheet.text((_LEFT, y + 15), str(week.period), _PLAIN)
        cells = _cells(week.orders, week.gross, week.refunds, week.fees, week.net)
        sheet.row(y + 15, tuple((x, words, _NUMBER) for x, words in zip(columns, cells, strict=True)))
        y += 22
    _total(sheet, weeks, columns, y)


def _total(sheet: Sheet, weeks: tuple[_Week, ...], columns: tuple[int, ...], y: float) -> None:
    sheet.path([(_LEFT, y), (_RIGHT, y)], colour="#1f2933", width=1)
    bold, number = Ink(9, font="Helvetica-Bold"), Ink(9, font="Helvetica-Bold", align="right")
    refunds, fees = sum(week.refunds for week in weeks), sum(week.fees for week in weeks)
    cells = _cells(sum(week.orders for week in weeks), _sum(weeks), refunds, fees, sum(week.net for week in weeks))
    sheet.text((_LEFT, y + 16), "Total", bold)
    sheet.row(y + 16, tuple((x, words, number) for x, words in zip(columns, cells, strict=True)))


def _cells(orders: int, gross: int, refunds: int, fees: int, net: int) -> tuple[str, ...]:
    return (f"{orders:,}", printed(gross), printed(-refunds), printed(-fees), printed(net))
