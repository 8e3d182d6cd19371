"""Numbers of registers that members take for their tax number. They are recognised by their form, and not taken. Pure."""

from collections.abc import Mapping
from typing import Final

from pipeline.submission.evidence.rules.tax.kinds import FORM, Kind, form, other


def _other(code: str, title: str, pattern: str, link: str) -> Kind:
    return other(code, FORM, own=form(pattern), title=title, link=link)


REGISTER_NUMBERS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "CN": (
        _other(
            "cn.organization",
            "an organization code (组织机构代码), from the 9th to the 17th character of the USCC",
            r"[0-9A-Z]{8}[0-9X]",
            "https://www.cods.org.cn/",
        ),
        _other("cn.licence", "a registration or tax number from before 2015", r"[0-9]{15}", "https://www.samr.gov.cn/"),
    ),
    "DE": (
        _other(
            "de.widnr",
            "W-IdNr (Wirtschafts-Identifikationsnummer, German business identifier)",
            r"[0-9]{9}[0-9]{5}",
            "https://www.bzst.de/",
        ),
    ),
    "IN": (
        _other(
            "in.cin",
            "a CIN of the Ministry of Corporate Affairs",
            r"[LU][0-9]{5}[A-Z]{2}[0-9]{4}[A-Z]{3}[0-9]{6}",
            "https://www.mca.gov.in/",
        ),
        _other(
            "in.tan",
            "TAN (tax deduction and collection account number, India)",
            r"[A-Z]{4}[0-9]{5}[A-Z]",
            "https://www.incometax.gov.in/",
        ),
    ),
    "NL": (_other("nl.kvk", "a KVK number of the Dutch business register", r"[0-9]{8}", "https://www.kvk.nl/"),),
}
"""By country."""
