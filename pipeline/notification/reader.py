from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from gettext import NullTranslations
from string import Formatter
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from pipeline.kernel.translatable import Money, Sentence, msgid, readable_size
from pipeline.notification.catalogues import catalogue_of, locale_of, translations

UTC: Final = ZoneInfo("UTC")
_WITH_ZONE: Final = msgid("{time} ({zone})")


@dataclass(frozen=True, slots=True)
class Reader:
    """One member's language, ways of writing, and time zone."""

    locale: Locale
    timezone: tzinfo

    @property
    def words(self) -> NullTranslations:
        """The translations into the reader's language."""
        return translations(catalogue_of(self.locale))

    def translate(self, english: str | Sentence) -> str:
        """A sentence, title or label in the reader's language. What the catalogue does not have stays as it is."""
        if isinstance(english, Sentence):
            return _Filled(self).vformat(self._word(english.english), (), dict(english.values))
        return self._word(english)

    def translate_each(self, english: Iterable[str | Sentence]) -> list[str]:
        """Several of them."""
        return [self.translate(one) for one in english]

    def joined(self, english: Sequence[str], style: str = "and") -> str:
        """Several of them in one sentence, with `and` or `or` before the last."""
        return format_list(self.translate_each(english), "or" if style == "or" else "standard", locale=self.locale)

    def number(self, value: float, *, signed: bool = False) -> str:
        """A number with the reader's separators, and with a plus where it is above zero and `signed`."""
        plus = "+" if signed and value > 0 else ""
        return f"{plus}{format_decimal(value, locale=self.locale)}"

    def money(self, value: Money) -> str:
        """An amount with its currency."""
        return format_currency(value.amount, value.currency, locale=self.locale)

    def size(self, count: int) -> str:
        """A number of bytes as a person reads it: in KB or MB, rounded up."""
        amount, unit = readable_size(count)
        return f"{self.number(amount)} {unit}"

    def day(self, on: date) -> str:
        """A date with its weekday."""
        return format_date(on, "full", locale=self.locale)

    def clock(self, at: datetime) -> str:
        """A time of day, with its zone."""
        there = at.astimezone(self.timezone)
        time = format_time(there, "short", locale=self.locale)
        if self.timezone is UTC:
            return f"{time} UTC"
        return self.translate(
            Sentence(_WITH_ZONE, {"time": time, "zone": get_timezone_name(there, locale=self.locale)})
        )

    def moment(self, at: datetime) -> str:
        """A date and a time of day, with its zone."""
        joined = get_datetime_format("long", locale=self.locale)
        day = self.day(at.astimezone(self.timezone).date())
        return str(joined).replace("'", "").replace("{0}", self.clock(at)).replace("{1}", day)

    def _word(self, english: str) -> str:
        return self.words.gettext(english) if english else ""


class _Filled(Formatter):
    """A sentence's places, filled as the reader writes."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def format_field(self, value: Any, format_spec: str) -> str:
        reader = self._reader
        if format_spec == "size":
            return reader.size(value)
        if isinstance(value, list | tuple) and not isinstance(value, Money):
            return reader.joined(value, format_spec)
        return _written(value, reader)


def _written(value: Any, reader: Reader) -> str:
    match value:
        case Money():
            return reader.money(value)
        case datetime():
            return reader.moment(value)
        case date():
            return reader.day(value)
        case str():
            return reader.translate(value)
        case _:
            return reader.number(value)


def reader_of(locale: str, timezone: str | None = None) -> Reader:
    """The reader of a locale and a time zone as upstream names them; a zone that we do not know is UTC."""
    return Reader(locale_of(locale), _zone_of(timezone))


def _zone_of(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name may lead to a folder of zones
        return UTC
