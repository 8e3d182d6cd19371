"""A bank's statement of account, one to three pages."""

from dataclasses import dataclass
from typing import Final

from cli.demo.demo_file import DemoFile
from tests.drawings.chance import chance, digits
from tests.drawings.ledger import Ledger, Movement, ledger
from tests.drawings.money import Period, day, plain, printed, whole_months
from tests.drawings.sheet import A4, Area, Ink, Sheet
from tests.drawings.traders import Trader, trader_for

_LEFT: Final = 48
_RIGHT: Final = 547
_LINE: Final = 17.5
_FIRST_PAGE_LINES: Final = 28
_NEXT_PAGE_LINES: Final = 35

_PLAIN: Final = Ink(9)
_SMALL: Final = Ink(7.5, "#6b7280")
_BOLD: Final = Ink(9, font="Helvetica-Bold")
_NUMBER: Final = Ink(9, align="right")
_BOLD_NUMBER: Final = Ink(9, font="Helvetica-Bold", align="right")


@dataclass(frozen=True, slots=True)
class _Bank:
    name: str
    colour: str
    address: str
    code: str


_BANKS: Final = (
    _Bank("Nordhaven Bank", "#0b4f6c", "Nordhaven Bank plc, 3 Harbour Exchange, Dublin 1", "NHVN"),
    _Bank("Crédit Alpin", "#7a1f2b", "Crédit Alpin S.A., 21 quai des Bergues, 1201 Genève", "CALP"),
    _Bank("Meridian Commerce Bank", "#1d5b3a", "Meridian Commerce Bank Ltd., 40 Des Voeux Road, Hong Kong", "MCBL"),
)


@dataclass(frozen=True, slots=True)
class _Account:
    bank: _Bank
    holder: Trader
    number: str
    period: Period
    ledger: Ledger


def bank_statement(identity: str, seed: int) -> DemoFile:
    """Print a PDF of one to three months of an account; its amount is the total paid in."""
    account = _open_account(identity, seed)
    ledger_, period = account.ledger, account.period
    return DemoFile(
        filename=f"Statement_{account.number[-4:]}_{period.last:%Y-%m}.pdf",
        media_type="application/pdf",
        body=_print(account),
        facts={
            "period_from": period.first.isoformat(),
            "period_to": period.last.isoformat(),
            "amount": plain(ledger_.paid_in),
            "currency": account.holder.currency,
            "company_name": account.holder.company,
        },
    )


def _open_account(identity: str, seed: int) -> _Account:
    draw = chance("bank_statement", identity, seed)
    months = 1 + seed % 3
    period = whole_months(draw, months)
    lines = draw.randint(15, 25) + 28 * (months - 1)
    # No real account has the check digits 00.
    bank = draw.choice(_BANKS)
    number = f"XX00 {bank.code} {digits(draw, 4)} {digits(draw, 4)} {digits(draw, 4)}"
    return _Account(bank, trader_for(identity, seed), number, period, ledger(draw, period, lines))


def _print(account: _Account) -> bytes:
    sheet = Sheet(A4, title="Statement of account", maker=account.bank.name)
    pages = _pages(account.ledger.movements)
    for number, lines in enumerate(pages, start=1):
        _letterhead(sheet, account.bank)
        top = _first_page_head(sheet, account) if number == 1 else 120.0
        end = _movements(sheet, account, lines, top)
        if number == len(pages):
            _totals(sheet, account.ledger, end)
        _foot(sheet, account.bank, f"Page {number} of {len(pages)}")
        sheet.turn()
    return sheet.pdf()


def _pages(movements: tuple[Movement, ...]) -> list[tuple[Movement, ...]]:
    rest = range(_FIRST_PAGE_LINES, len(movements), _NEXT_PAGE_LINES)
    return [movements[:_FIRST_PAGE_LINES], *(movements[at : at + _NEXT_PAGE_LINES] for at in rest)]


def _letterhead(sheet: Sheet, bank: _Bank) -> None:
    sheet.disc((_LEFT + 13, 52), 13, fill=bank.colour)
    sheet.path([(_LEFT + 5, 56), (_LEFT + 11, 46), (_LEFT + 16, 54), (_LEFT + 21, 45)], colour="#ffffff", width=2)
    sheet.text((_LEFT + 34, 58), bank.name, Ink(18, bank.colour, "Helvetica-Bold"))
    sheet.text((_RIGHT, 50), "Business banking", Ink(8, "#6b7280", align="right"))
    sheet.text((_RIGHT, 61), "Statement of account", Ink(8, "#6b7280", align="right"))
    sheet.box(Area(_LEFT, 76, _RIGHT - _LEFT, 2), fill=bank.colour)


def _first_page_head(sheet: Sheet, account: _Account) -> float:
    holder = account.holder
    for place, words in enumerate((holder.company, holder.street, holder.city, holder.country)):
        sheet.text((_LEFT, 112 + 13 * place), words, _BOLD if place == 0 else _PLAIN)
    details = (
        ("Account holder", holder.company),
        ("Account number", account.number),
        ("Statement period", str(account.period)),
        ("Currency", holder.currency),
    )
    for place, (label, words) in enumerate(details):
        sheet.row(112 + 13 * place, ((312, label, _SMALL), (_RIGHT, words, _NUMBER)))
    _summary(sheet, account)
    return 252


def _summary(sheet: Sheet, account: _Account) -> None:
    book, currency = account.ledger, account.holder.currency
    sheet.box(Area(_LEFT, 178, _RIGHT - _LEFT, 44), fill="#f1f4f6", radius=3)
    cells = (
        ("Opening balance", book.opening),
        ("Total paid in", book.paid_in),
        ("Total paid out", book.paid_out),
        ("Closing balance", book.closing),
    )
    for place, (label, cents) in enumerate(cells):
        x = _LEFT + 12 + 124 * place
        sheet.text((x, 194), label, _SMALL)
        sheet.text((x, 211), f"{currency} {printed(cents)}", Ink(10, font="Helvetica-Bold"))


def _movements(sheet: Sheet, account: _Account, lines: tuple[Movement, ...], top: float) -> float:
    head = Ink(7.5, account.bank.colour, "Helvetica-Bold")
    right = Ink(7.5, account.bank.colour, "Helvetica-Bold", "right")
    sheet.row(top, ((_LEFT, "DATE", head), (112, "DESCRIPTION", head), (276, "REFERENCE", head)))
    sheet.row(top, ((406, "PAID OUT", right), (476, "PAID IN", right), (_RIGHT, "BALANCE", right)))
    sheet.path([(_LEFT, top + 6), (_RIGHT, top + 6)], colour=account.bank.colour, width=0.8)
    y = top + 6
    for line in lines:
        _movement(sheet, line, y + 12)
        y += _LINE
        sheet.path([(_LEFT, y), (_RIGHT, y)], colour="#e3e7ea", width=0.4)
    return y


def _movement(sheet: Sheet, line: Movement, y: float) -> None:
    sheet.row(y, ((_LEFT, day(line.day), _PLAIN), (112, line.words, _PLAIN), (276, line.reference, _SMALL)))
    column = 476 if line.cents > 0 else 406
    sheet.row(y, ((column, printed(abs(line.cents)), _NUMBER), (_RIGHT, printed(line.balance), _NUMBER)))


def _totals(sheet: Sheet, book: Ledger, y: float) -> None:
    sheet.row(y + 15, ((112, "Totals for the period", _BOLD), (406, printed(book.paid_out), _BOLD_NUMBER)))
    sheet.row(y + 15, ((476, printed(book.paid_in), _BOLD_NUMBER), (_RIGHT, printed(book.closing), _BOLD_NUMBER)))


def _foot(sheet: Sheet, bank: _Bank, page: str) -> None:
    sheet.path([(_LEFT, 786), (_RIGHT, 786)], colour="#c8ced3", width=0.5)
    sheet.row(799, ((_LEFT, bank.address, _SMALL), (_RIGHT, page, Ink(7.5, "#6b7280", align="right"))))
    words = "Please check this statement and tell us of any error within 60 days. Deposits are protected up to the statutory limit."
    sheet.text((_LEFT, 810), words, _SMALL)
