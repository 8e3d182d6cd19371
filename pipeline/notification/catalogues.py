import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "en", "zh": "zh_Hans", "es": "es"}
"""The catalogue of each language that is offered. The messages themselves are English, which has none."""

FALLBACK: Final = Locale("en")
TRANSLATED: Final = tuple(sorted({*LANGUAGES.values()} - {FALLBACK.language}))
"""The catalogues that there are."""


def locale_of(asked: str) -> Locale:
    """The locale whose words, dates and numbers a member gets: `es-MX` keeps its numbers; one that we have no words for is English."""
    language = asked.replace("-", "_").split("_")[0].lower()
    if language not in LANGUAGES:
        return FALLBACK
    known = LANGUAGES[language]
    try:
        locale = Locale.parse(asked, sep="-" if "-" in asked else "_")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(known)
    return locale if language != "zh" else Locale.parse(known)


def catalogue_of(locale: Locale) -> str:
    """The name of the catalogue that a locale's words are in."""
    return LANGUAGES[locale.language]


@cache
def translations(catalogue: str) -> NullTranslations:
    """The compiled catalogue; for English, the messages as they are."""
    if catalogue == FALLBACK.language:
        return NullTranslations()
    place = files("pipeline.notification") / "locales" / catalogue / "LC_MESSAGES" / "mails.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(place.read_bytes()), locale=catalogue))
    compiled.seek(0)
    return GNUTranslations(compiled)
