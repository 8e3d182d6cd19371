import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff import sessions
from pipeline.access.staff.factors.second_step import arrive, is_second_step
from pipeline.access.staff.oidc_claims import Naming, asked_at, id_named, roles_given
from pipeline.access.staff.oidc_client import Provider, ProviderRefused
from pipeline.access.staff.refusals import recorded_refusal
from pipeline.access.staff.reviewers import insert_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.sessions import NOWHERE, Origin
from pipeline.access.staff.tables import provider_identity, provider_visit, reviewer
from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit

log = structlog.get_logger()

LOGIN_TIME: Final = timedelta(minutes=10)
"""How long a browser may stay at the provider."""


@dataclass(frozen=True, slots=True)
class OidcContext:
    """What signing in by an identity provider needs: the provider, how its claims name people, and the policy's rules."""

    db: Database
    provider: Provider
    naming: Naming
    rules: SignIn
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who has signed in: the token of their new session, and the page that they had asked for."""

    token: str
    page: str


def begin_login(page: str, *, context: OidcContext, again: bool = False) -> tuple[str, str]:
    """The provider's address to send a browser to, and the state that only this browser keeps. Raises ProviderUnavailable.

    `again`: the provider is to ask the person anew, though they are signed in there.
    """
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    address = context.provider.address(state=state, nonce=nonce, verifier=verifier, again=again)
    hashed = sessions.hashed(state)
    sealed = context.sealer.seal(verifier, place=_place(hashed))
    values = {"state_sha256": hashed, "nonce": nonce, "verifier": sealed, "page": page}
    with context.db.begin() as connection:
        connection.execute(insert(provider_visit).values(**values, expires_at=func.now() + LOGIN_TIME))
    return address, state


def finish_login(state: str, code: str, *, context: OidcContext, origin: Origin = NOWHERE) -> SignedIn:
    """Sign in the person who comes back with a state of ours, which is good once. Raises ProviderRefused, ProviderUnavailable."""
    with recorded_refusal("", origin.address or "", db=context.db, digests=None):
        visit = _end_visit(state, context.db)
        verifier = context.sealer.open(visit.verifier, place=_place(visit.state_sha256))
        claims = context.provider.claims(code, nonce=visit.nonce, verifier=verifier)
        roles = roles_given(claims, context.naming)
        with context.db.begin() as connection:
            reviewer_id = _linked(connection, claims, roles, context)
            _require_enabled(connection, reviewer_id, roles)
            known: dict[str, Any] = {
                "proof": "provider",
                "rules": context.rules,
                "origin": origin,
                "proved_at": asked_at(claims),
            }
            token = arrive(connection, reviewer_id, **known)
    if not is_second_step(token):
        log.info("session.begun", reviewer=reviewer_id, proof="provider")
    return SignedIn(token, visit.page)


def unlink(reviewer_id: str, *, actor: str, db: Database) -> bool:
    """Forget a person's identity at the provider, so that another identity of the same name may be linked. False where none was."""
    with db.begin() as connection:
        gone = connection.execute(
            delete(provider_identity).where(provider_identity.c.reviewer_id == reviewer_id)
        ).rowcount
        audit.write(connection, "reviewer.unlinked", actor=actor, detail={"reviewer": reviewer_id})
    return gone == 1


def _place(state_sha256: str) -> str:
    return f"{provider_visit.name}:{state_sha256}"


def _end_visit(state: str, db: Database) -> Row[Any]:
    mine = (provider_visit.c.state_sha256 == sessions.hashed(state), provider_visit.c.expires_at > func.now())
    with db.begin() as connection:
        visit = connection.execute(delete(provider_visit).where(*mine).returning(provider_visit)).one_or_none()
    if visit is None:
        raise ProviderRefused("Signing in took too long, or was begun in another window. Sign in once more.")
    return visit


def _linked(
    connection: Connection, claims: Mapping[str, Any], roles: frozenset[Role] | None, context: OidcContext
) -> str:
    """The reviewer who is linked to this identity; else the one whom its claims name, who is linked from now on."""
    identity = {"issuer": context.provider.issuer, "subject": str(claims["sub"])}
    same = [provider_identity.c[name] == value for name, value in identity.items()]
    linked = connection.execute(select(provider_identity.c.reviewer_id).where(*same)).scalar_one_or_none()
    if linked is not None:
        return str(linked)
    reviewer_id = id_named(claims, context.naming)
    _hold_or_add(connection, reviewer_id, roles)
    columns = (provider_identity.c.issuer, provider_identity.c.subject)
    present = connection.execute(select(*columns).where(provider_identity.c.reviewer_id == reviewer_id)).one_or_none()
    if present is None:
        connection.execute(insert(provider_identity).values(reviewer_id=reviewer_id, **identity))
    elif dict(present._mapping) != identity:  # noqa: SLF001  (SQLAlchemy's public name for it)
        raise ProviderRefused("Somebody else of that name signs in here. Ask an administrator to mend it.")
    return reviewer_id


def _hold_or_add(connection: Connection, reviewer_id: str, roles: frozenset[Role] | None) -> None:
    """Hold the person's row; where there is none, the provider may add people only if it also says what they are."""
    if roles is not None:
        insert_reviewer(connection, reviewer_id, {"roles": roles}, actor="provider")
    found = connection.execute(select(reviewer.c.id).where(reviewer.c.id == reviewer_id).with_for_update())
    if found.one_or_none() is None:
        raise ProviderRefused("You are not known here yet. Ask an administrator to add you.")


def _require_enabled(connection: Connection, reviewer_id: str, roles: frozenset[Role] | None) -> None:
    """Raises ProviderRefused for who was disabled. Where the provider says what people are, that counts from now on."""
    held = select(reviewer.c.disabled_at, reviewer.c.roles).where(reviewer.c.id == reviewer_id).with_for_update()
    row = connection.execute(held).one()
    if row.disabled_at is not None:
        raise ProviderRefused("You may not sign in here any more. Ask an administrator if that is a mistake.")
    if roles is not None and roles != set(row.roles):
        connection.execute(reviewer.update().where(reviewer.c.id == reviewer_id).values(roles=sorted(roles)))
        detail = {"reviewer": reviewer_id, "roles": sorted(roles)}
        audit.write(connection, "reviewer.changed", actor="provider", detail=detail)
