from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_KIB: Final = 1024
_WEEK: Final = timedelta(days=6)


def span(seconds: float) -> str:
    """A length of time in its two largest units: "2 h 10 min", "45 s"."""
    whole = int(abs(seconds))
    if whole >= _DAY:
        return _two(whole // _DAY, "d", whole % _DAY // _HOUR, "h")
    if whole >= _HOUR:
        return _two(whole // _HOUR, "h", whole % _HOUR // _MINUTE, "min")
    return f"{whole // _MINUTE} min" if whole >= _MINUTE else f"{whole} s"


def away(moment: datetime, now: datetime) -> str:
    """How long until a moment, or since it: "in 2 h 10 min", "3 min ago"."""
    seconds = (moment - now).total_seconds()
    return f"in {span(seconds)}" if seconds >= 0 else f"{span(seconds)} ago"


def clock(moment: datetime, now: datetime, zone: str = "UTC") -> str:
    """A moment in the reader's zone, shorter the closer it is: "today 16:40", "Thu 09:00", "3 Dec 09:00"."""
    here, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    days = (here.date() - today).days
    named = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days)
    if named is None:
        near = abs(timedelta(days=days)) <= _WEEK
        named = here.strftime("%a") if near else f"{here.day} {here.strftime('%b')}"
    if here.year != today.year:
        named = f"{here.day} {here.strftime('%b %Y')}"
    return f"{named} {here.strftime('%H:%M')}"


def exact(moment: datetime, zone: str = "UTC") -> str:
    """A moment to the minute, with its zone: "2026-11-25 16:40 CET"."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")


def size(count: int) -> str:
    """A number of bytes: "812 KB"."""
    if count < _KIB:
        return f"{count} B"
    return f"{count / _KIB:.0f} KB" if count < _KIB * _KIB else f"{count / _KIB / _KIB:.1f} MB"


def label(code: str) -> str:
    """A code as words: "period_from" gives "Period from"."""
    return code.replace("_", " ").capitalize()


def _two(large: int, of: str, small: int, of_small: str) -> str:
    return f"{large} {of} {small} {of_small}" if small else f"{large} {of}"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "span": span,
    "away": away,
    "clock": clock,
    "exact": exact,
    "size": size,
    "label": label,
}
