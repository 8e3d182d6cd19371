"""Who is signed in, for every route of the console: `person: SignedIn`, or `person: Annotated[Person, Depends(needs(Right.…))]`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from config.container import Container
from pipeline.access.staff.devices import device_cookie, device_of
from pipeline.access.staff.rules.roles import Right, Role, may, require
from pipeline.access.staff.rules.sign_in import require_fresh
from pipeline.access.staff.sessions import Session, SignedOut, derived, session_of
from pipeline.kernel import clock
from pipeline.kernel.credentials import Credential, CredentialKind, act_by
from pipeline.kernel.errors import Forbidden
from web.api.dependencies import Tools
from web.console.origin import require_token, token_sent

SIGN_IN: Final = "/console/sign-in"
ACCOUNT: Final = "/console/account"


class FactorMissing(Forbidden):
    """The policy wants a second factor of everybody, and this person has none."""

    code = "second_factor_missing"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the menu, and the right that it needs."""

    href: str
    title: str
    right: Right


PAGES: Final = (
    Page("/console/", "Queue", Right.REVIEW),
    Page("/console/quality", "Quality", Right.STATISTICS),
    Page("/console/people", "People", Right.PEOPLE),
    Page("/console/relations", "Relations", Right.RELATIONS),
    Page("/console/keys", "Keys", Right.KEYS),
    Page("/console/policy", "Policy", Right.POLICY),
    Page("/console/corrections", "Corrections", Right.CORRECT),
    Page("/console/redactions", "Redactions", Right.CORRECT),
    Page("/console/erasure", "Erasure", Right.ERASE),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, in which session, in which time zone. This session's forms and scripts send `csrf` along."""

    session: Session
    reviewer_id: str
    name: str
    roles: frozenset[Role]
    languages: tuple[str, ...]
    theme: str
    timezone: str | None
    zone: str
    csrf: str

    @property
    def role_names(self) -> list[str]:
        """The person's roles by name."""
        return [role for role in Role if role in self.roles]

    @property
    def menu(self) -> list[Page]:
        """The pages that the person has the right to."""
        return [page for page in PAGES if self.may(page.right)]

    def may(self, right: Right) -> bool:
        """Whether one of the person's roles gives the right."""
        return may(self.roles, right)


def _signed_in(request: Request, tools: Tools, sent: Annotated[str | None, Depends(token_sent)]) -> Person:
    """The person of the session that the door has found. Raises SignedOut, and ForeignRequest for a form of another session."""
    session: Session | None = getattr(request.state, "session", None)
    if session is None:
        raise SignedOut("You are signed out. Sign in again; what you have decided is kept.")
    person = _person(session, derived(session_token(request, tools) or "", "csrf"), tools)
    require_token(request, sent, expected=person.csrf)
    request.state.person = person
    return person


async def _acting(person: Annotated[Person, Depends(_signed_in)]) -> Person:
    """The same, and the history has this session from here on. It is no thread of the pool, where that would be lost."""
    act_by(Credential(CredentialKind.SESSION, str(person.session.id)))
    return person


Enrolling = Annotated[Person, Depends(_acting)]
"""Who is signed in, also where the policy wants a second factor that they do not have yet: for the pages on which they add one."""


async def signed_in(person: Enrolling) -> Person:
    """Who is signed in with all that the policy wants. Raises SignedOut, ForeignRequest, FactorMissing."""
    if person.session.must_enrol:
        raise FactorMissing("Everybody needs a second factor here. Add one under Your account; then go on.")
    return person


SignedIn = Annotated[Person, Depends(signed_in)]


def needs(*rights: Right) -> Callable[[Person], Person]:
    """A dependency: the person who is signed in, where one of their roles gives one of the rights. Raises Forbidden."""

    def check(person: SignedIn) -> Person:
        if not any(person.may(right) for right in rights):
            require(person.roles, rights[0])
        return person

    return check


def fresh(right: Right) -> Callable[..., Person]:
    """The same for somebody who has just signed in. Raises SignInStale too."""

    def check(person: Annotated[Person, Depends(needs(right))], tools: Tools) -> Person:
        return _just_signed_in(person, tools)

    return check


async def just_signed_in(person: Enrolling, tools: Tools) -> Person:
    """Somebody, whatever their role, who has just signed in. Raises SignInStale too."""
    return _just_signed_in(person, tools)


def _just_signed_in(person: Person, tools: Container) -> Person:
    require_fresh(person.session.proved_at, now=clock.now(), rules=tools.policy.sign_in)
    return person


def session_token(request: Request, tools: Container) -> str | None:
    """The token in the session's cookie."""
    return request.cookies.get(cookie_name(tools))


def remember(request: Request, response: Response, token: str, *, tools: Container) -> None:
    """Set the cookie of a new session, which ends with the browser, and that of a device in which its person has signed in."""
    set_cookie(response, cookie_name(tools), token, tools=tools)
    rules = tools.policy.sign_in
    person = session_of(token, db=tools.db, rules=rules).reviewer_id
    given: dict[str, Any] = {"now": clock.now(), "db": tools.db, "sealer": tools.sealer}
    before = device_of(request.cookies.get(device_cookie_name(tools)), **given)
    device = device_cookie(person, before=before, rules=rules, **given)
    seconds = int(timedelta(days=rules.device_days).total_seconds())
    set_cookie(response, device_cookie_name(tools), device, tools=tools, seconds=seconds)


def forget(response: Response, *, tools: Container) -> None:
    """Delete the session's cookie."""
    delete_cookie(response, cookie_name(tools), tools=tools)


def set_cookie(response: Response, name: str, value: str, *, tools: Container, seconds: int | None = None) -> None:
    """Set a cookie for the whole address. Scripts cannot read it, and forms of other sites do not send it."""
    secure = _is_https(tools)
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def delete_cookie(response: Response, name: str, *, tools: Container) -> None:
    """Delete a cookie of this kind."""
    response.delete_cookie(name, path="/", secure=_is_https(tools), httponly=True, samesite="lax")


def cookie_name(tools: Container) -> str:
    """The cookie's name. With https it has the prefix `__Host-`, so that no other host can set it (RFC 6265bis)."""
    return "__Host-proofdesk" if _is_https(tools) else "proofdesk"


def device_cookie_name(tools: Container) -> str:
    """The name of the cookie of a device in which somebody has signed in. It outlives the session and gives no access."""
    return f"{cookie_name(tools)}-device"


def _person(session: Session, csrf: str, tools: Container) -> Person:
    return Person(
        session=session,
        reviewer_id=session.reviewer_id,
        name=session.name,
        roles=session.roles,
        languages=session.languages,
        theme=session.theme,
        timezone=session.timezone,
        zone=session.timezone or tools.policy.clock.timezone,
        csrf=csrf,
    )


def _is_https(tools: Container) -> bool:
    return tools.settings.web_url.startswith("https://")
