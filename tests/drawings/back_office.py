"""A screenshot of an online store's back office, its order list open."""

from typing import Final

from cli.demo.demo_file import DemoFile
from tests.drawings.browser import HEIGHT, TOP, WIDTH, open_window, screenshot
from tests.drawings.chance import chance
from tests.drawings.icons import icon
from tests.drawings.money import printed
from tests.drawings.orders import Order, orders
from tests.drawings.sheet import Area, Ink, Sheet
from tests.drawings.traders import Trader, trader_for

_ROWS: Final = 11
_SIDE: Final = 224
_BAR: Final = 56
_LEFT: Final = _SIDE + 28
_RIGHT: Final = WIDTH - 28
_MENU: Final = {
    "Home": "house",
    "Orders": "tray",
    "Products": "box",
    "Customers": "person",
    "Analytics": "bars",
    "Discounts": "tag",
    "Payouts": "card",
    "Online store": "shop",
}
_COLUMNS: Final = (
    ("Order", 286),
    ("Date", 380),
    ("Customer", 528),
    ("Items", 704),
    ("Payment", 946),
    ("Delivery", 1072),
)
_TOTAL_COLUMN: Final = _RIGHT - 24
_CHIPS: Final = {
    "Paid": ("#d7f2e1", "#0d5f33"),
    "Pending": ("#ffeacc", "#7a4a00"),
    "Refunded": ("#e6e8eb", "#42474e"),
    "Fulfilled": ("#e6e8eb", "#42474e"),
    "In transit": ("#dcebff", "#12447f"),
    "Unfulfilled": ("#fff0b8", "#5e4b00"),
}
_TEXT: Final = Ink(13, "#303338")
_STRONG: Final = Ink(13, "#1d1f23", "Helvetica-Bold")
_GREY: Final = Ink(12, "#6a7079")


def store_back_office(identity: str, seed: int) -> DemoFile:
    """Draw a PNG of 1440 by 900 that shows the store's name and its newest orders."""
    draw = chance("store_back_office", identity, seed)
    trader = trader_for(identity, seed)
    rows = tuple(orders(draw, trader, _ROWS))
    newest = rows[0]
    return DemoFile(
        filename=f"Screenshot 2026-10-14 at 16.4{seed % 10}.{draw.randint(10, 59)}.png",
        media_type="image/png",
        body=_draw(trader, rows, draw.randint(90, 400)),
        facts={
            "store_name": trader.store,
            "order_information": f"{newest.number}, {newest.placed:%Y-%m-%d}, {trader.currency} {printed(newest.cents)}",
        },
    )


def _draw(trader: Trader, rows: tuple[Order, ...], month: int) -> bytes:
    sheet = open_window(f"Orders · {trader.store}", f"admin.shopharbor.example/store/{_slug(trader.store)}/orders")
    sheet.box(Area(0, TOP, WIDTH, HEIGHT - TOP), fill="#f1f2f4")
    _bar(sheet, trader)
    _menu(sheet, len([row for row in rows if row.sent == "Unfulfilled"]))
    sheet.text((_LEFT, 176), "Orders", Ink(21, "#1d1f23", "Helvetica-Bold"))
    sheet.box(Area(_RIGHT - 118, 154, 118, 32), fill="#303338", radius=8)
    sheet.text((_RIGHT - 59, 174.5), "Create order", Ink(13, "#ffffff", "Helvetica-Bold", "centre"))
    _figures(sheet, trader.currency, rows, month)
    _table(sheet, trader.currency, rows)
    sheet.text((_LEFT + 18, 884), f"1-{_ROWS} of {month * 7:,} orders", _GREY)
    return screenshot(sheet)


def _slug(name: str) -> str:
    return "-".join(word for word in name.lower().split() if word.isascii() and word.isalnum())


def _bar(sheet: Sheet, trader: Trader) -> None:
    sheet.box(Area(0, TOP, WIDTH, _BAR), fill="#1a1a1f")
    sheet.box(Area(20, TOP + 15, 26, 26), fill="#5b3df0", radius=7)
    sheet.text((33, TOP + 34), "S", Ink(16, "#ffffff", "Helvetica-Bold", "centre"))
    sheet.text((56, TOP + 34), "shopharbor", Ink(16, "#ffffff", "Helvetica-Bold"))
    sheet.box(Area(470, TOP + 12, 500, 32), fill="#303036", radius=9)
    sheet.disc((490, TOP + 27), 5, fill=None, line="#a5a8b0")
    sheet.path([(494, TOP + 31), (498, TOP + 35)], colour="#a5a8b0", width=1.4)
    sheet.text((508, TOP + 32.5), "Search", Ink(13, "#a5a8b0"))
    name = Ink(14, "#ffffff", "Helvetica-Bold", "right")
    sheet.text((_RIGHT - 44, TOP + 33), trader.store, name)
    sheet.box(Area(_RIGHT - 32, TOP + 12, 32, 32), fill="#25c58a", radius=9)
    initials = "".join(word[0] for word in trader.store.replace(".", " ").split() if word[0].isalpha())[:2].upper()
    sheet.text((_RIGHT - 16, TOP + 32.5), initials, Ink(13, "#06301f", "Helvetica-Bold", "centre"))


def _menu(sheet: Sheet, waiting: int) -> None:
    sheet.box(Area(0, TOP + _BAR, _SIDE, HEIGHT), fill="#e7e8eb")
    for place, (name, symbol) in enumerate(_MENU.items()):
        y = 152 + 34 * place
        if name == "Orders":
            sheet.box(Area(10, y, _SIDE - 20, 31), fill="#ffffff", radius=8)
            sheet.box(Area(_SIDE - 46, y + 7, 26, 17), fill="#d3d5d9", radius=8)
            sheet.text((_SIDE - 33, y + 20), str(waiting), Ink(11, "#303338", align="centre"))
        icon(sheet, symbol, (24, y + 8.5), size=14, colour="#5c616a")
        sheet.text((50, y + 20.5), name, _STRONG if name == "Orders" else _TEXT)
    sheet.text((24, HEIGHT - 24), "Settings", _TEXT)


def _figures(sheet: Sheet, currency: str, rows: tuple[Order, ...], month: int) -> None:
    turnover = sum(row.cents for row in rows)
    figures = (
        ("Orders, last 30 days", f"{month:,}", "+12 %"),
        ("Turnover, last 30 days", f"{currency} {printed(turnover * month // _ROWS)}", "+8 %"),
        ("Average order", f"{currency} {printed(turnover // _ROWS)}", "-2 %"),
        ("Returns", f"{month // 24}", "+1 %"),
    )
    width = (_RIGHT - _LEFT - 36) / 4
    for place, (label, words, change) in enumerate(figures):
        area = Area(_LEFT + (width + 12) * place, 204, width, 72)
        sheet.box(area, fill="#ffffff", line="#dfe1e5", radius=10)
        sheet.text((area.x + 16, 227), label, _GREY)
        sheet.text((area.x + 16, 256), words, Ink(18, "#1d1f23", "Helvetica-Bold"))
        sheet.text(
            (area.x + width - 16, 256), change, Ink(12, "#0d7a41" if "+" in change else "#a33a2a", align="right")
        )


def _table(sheet: Sheet, currency: str, rows: tuple[Order, ...]) -> None:
    sheet.box(Area(_LEFT, 292, _RIGHT - _LEFT, 572), fill="#ffffff", line="#dfe1e5", radius=10)
    x = _LEFT + 22.0
    for name in ("All", "Unfulfilled", "Unpaid", "Open", "Archived"):
        sheet.text((x, 317), name, _STRONG if name == "All" else _GREY)
        x += _STRONG.width(name) + 30
    sheet.box(Area(_LEFT + 1, 332, _RIGHT - _LEFT - 2, 34), fill="#f7f7f8")
    sheet.row(353, tuple((place, name, Ink(12, "#5b616a", "Helvetica-Bold")) for name, place in _COLUMNS))
    sheet.text((_TOTAL_COLUMN, 353), "Total", Ink(12, "#5b616a", "Helvetica-Bold", "right"))
    for place, order in enumerate(rows):
        _order(sheet, order, currency, 366 + 45 * place)


def _order(sheet: Sheet, order: Order, currency: str, top: float) -> None:
    sheet.path([(_LEFT, top), (_RIGHT, top)], colour="#ebecef")
    sheet.box(Area(_LEFT + 13, top + 16, 13, 13), fill="#ffffff", line="#a9adb5", radius=3)
    texts = (order.number, f"{order.placed:%d %b at %H:%M}", order.buyer, order.goods)
    inks = (_STRONG, _TEXT, _TEXT, _TEXT)
    places = tuple(x for _, x in _COLUMNS)
    sheet.row(top + 27, tuple(zip(places, texts, inks, strict=False)))
    _chip(sheet, order.paid, places[4], top)
    _chip(sheet, order.sent, places[5], top)
    sheet.text((_TOTAL_COLUMN, top + 27), f"{currency} {printed(order.cents)}", Ink(13, "#303338", align="right"))


def _chip(sheet: Sheet, words: str, x: float, top: float) -> None:
    ground, colour = _CHIPS[words]
    ink = Ink(12, colour)
    sheet.box(Area(x, top + 12, ink.width(words) + 26, 21), fill=ground, radius=10)
    sheet.disc((x + 11, top + 22.5), 3, fill=colour)
    sheet.text((x + 19, top + 26.5), words, ink)
