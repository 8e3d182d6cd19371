import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.rules.sign_in import SignInRefused

_ID: Final = re.compile(r"[A-Za-z0-9._:@-]{1,100}")


@dataclass(frozen=True, slots=True)
class Naming:
    """The claim that names the reviewer, and, where the provider gives roles, the claim with them and what its values mean.

    A claim within another one is named with a point between them: `realm_access.roles`.
    """

    claim: str
    roles_claim: str | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)


class ClaimRefused(SignInRefused):
    """The claims name nobody, or give no role."""

    code = "provider_refused"


def id_named(claims: Mapping[str, Any], naming: Naming) -> str:
    """The id of the reviewer whom the claims name. Raises ClaimRefused; an address counts only where the provider confirmed it."""
    named = _claim(claims, naming.claim)
    if not isinstance(named, str) or not _ID.fullmatch(named):
        raise ClaimRefused("The identity provider did not say by which name you are known here. Ask an administrator.")
    if naming.claim == "email" and claims.get("email_verified") is not True:
        raise ClaimRefused("The identity provider has not confirmed your e-mail address. Confirm it there first.")
    return named


def roles_given(claims: Mapping[str, Any], naming: Naming) -> frozenset[Role] | None:
    """What the claims make a person; None where the provider does not give roles. Raises ClaimRefused where it gives none."""
    if naming.roles_claim is None:
        return None
    found = frozenset(naming.roles[each] for each in _each(_claim(claims, naming.roles_claim)) if each in naming.roles)
    if not found:
        raise ClaimRefused("The identity provider gives you no role here. Ask an administrator for one.")
    return found


def asked_at(claims: Mapping[str, Any]) -> datetime:
    """When the provider last asked the person who they are. Where it does not say, that counts as long ago."""
    told = claims.get("auth_time")
    return datetime.fromtimestamp(told if isinstance(told, int | float) else 0, UTC)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _each(value: Any) -> Iterator[str]:
    yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))
