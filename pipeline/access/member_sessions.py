"""A member's session: upstream makes a one-time link, and opening it gives a credential. Time is the database's.

A link and a credential each have 256 random bits, so nobody can guess one, and SHA-256 keeps them safe.
"""

import secrets
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from pipeline.access.api_keys import api_key
from pipeline.access.caller import Caller, Unauthenticated
from pipeline.access.rules.keys import digest, matches, parsed
from pipeline.kernel.batches import Renew, delete_in_batches
from pipeline.kernel.database import JSON, Database, Instant, metadata
from pipeline.kernel.errors import NotFound
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.ownership.rules import Reach
from pipeline.ownership.tables import within
from pipeline.policy.sign_in import SessionRules, Speaker, session_name
from pipeline.submission import audit
from pipeline.submission.presence import is_held, require_present
from pipeline.submission.tables import submission
from schemas.sessions import OpenedSession, SessionLine, SessionLink, SessionRequest, SessionView
from schemas.submissions import Member

log = structlog.get_logger()

LINK: Final = "pl"
SESSION: Final = "pm"
PAGE: Final = "/member/"

member_session: Final = Table(
    "member_session",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("member", JSON, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("key_id", Uuid),
    Column("link_sha256", Text, nullable=False),
    Column("link_expires_at", Instant, nullable=False),
    Column("opened_at", Instant),
    Column("secret_sha256", Text),
    Column("expires_at", Instant),
    CheckConstraint("(opened_at IS NULL) = (secret_sha256 IS NULL)", name="opened_with_secret"),
    CheckConstraint("(opened_at IS NULL) = (expires_at IS NULL)", name="opened_with_end"),
)


class LinkNotValid(Unauthenticated):
    """A link that is not ours, was opened before, or whose time is over."""

    code = "link_not_valid"


_OF_NO_REVOKED_KEY: Final = ~exists().where(api_key.c.id == member_session.c.key_id, api_key.c.revoked_at.is_not(None))
"""Whoever revokes a key does not trust what was made with it. A key that expires has done its work, and its sessions go on."""

_IS_LIVE: Final = (member_session.c.expires_at > func.now(), _OF_NO_REVOKED_KEY)


def make_link(
    request: SessionRequest,
    *,
    made_by: str,
    web_url: str,
    db: Database,
    rules: SessionRules,
    caller: Caller | None = None,
) -> SessionLink:
    """A link for one member. Its secret stands behind the #, so that no server, proxy or log on the way ever sees it.

    `caller` is the service whose key makes it: what the session sends belongs to that service. None: a command makes it.
    """
    session_id, secret = new_id(), secrets.token_urlsafe(32)
    row = {
        "id": session_id,
        "member_id": request.member_id,
        "member": request.member.model_dump(mode="json"),
        "made_by": made_by,
        "service": caller.sends_as if caller else made_by,
        "key_id": caller.key_id if caller else None,
        "link_sha256": digest(secret),
        "link_expires_at": func.now() + timedelta(seconds=rules.link_seconds),
    }
    with db.begin() as connection:
        require_present(connection, request.member_id)
        expires_at = connection.execute(
            insert(member_session).values(row).returning(member_session.c.link_expires_at)
        ).scalar_one()
        _record(connection, "member_link.made", session_id, request.member_id, actor=made_by)
    log.info("session.link_made", session_id=str(session_id), made_by=made_by)
    return SessionLink(url=f"{web_url}{PAGE}#{LINK}_{session_id.hex}_{secret}", expires_at=expires_at)


def open_link(ticket: str, *, db: Database, rules: SessionRules) -> OpenedSession:
    """Open a link's session, once. Raises LinkNotValid, in the same words whatever is wrong with it."""
    session_id, presented = parsed(ticket, prefix=LINK) or (None, "")
    secret = secrets.token_urlsafe(32)
    with db.begin() as connection:
        unopened = (
            member_session.c.id == session_id,
            member_session.c.opened_at.is_(None),
            member_session.c.link_expires_at > func.now(),
            _OF_NO_REVOKED_KEY,
        )
        row = connection.execute(select(member_session).where(*unopened).with_for_update()).one_or_none()
        if row is None or not matches(presented, row.link_sha256):
            raise LinkNotValid("This link was opened before, or its time is over. Go back and open the page anew.")
        ends = func.now() + timedelta(seconds=rules.session_seconds)
        opened = {"opened_at": func.now(), "secret_sha256": digest(secret), "expires_at": ends}
        change = update(member_session).where(member_session.c.id == row.id).values(opened)
        expires_at = connection.execute(change.returning(member_session.c.expires_at)).scalar_one()
        _record(connection, "member_session.opened", row.id, row.member_id)
    log.info("session.opened", session_id=str(row.id))
    return OpenedSession(
        member_id=row.member_id,
        member=Member.model_validate(row.member),
        expires_at=expires_at,
        credential=f"{SESSION}_{row.id.hex}_{secret}",
    )


def caller_of(presented: str, *, db: Database) -> Caller:
    """Who calls with a session's credential. Raises Unauthenticated, in the same words whatever is wrong with it."""
    session_id, secret = parsed(presented, prefix=SESSION) or (None, "")
    row = _live(session_id, db)
    if row is None or not matches(secret, row.secret_sha256):
        raise Unauthenticated("This session has ended. Go back and open the page anew.")
    speaker = Speaker(row.member_id, Member.model_validate(row.member))
    return Caller(row.id, speaker.name, frozenset(), None, speaker, row.service)


def session_view(session_id: UUID, *, db: Database) -> SessionView:
    """Whom a live session speaks for. Raises Unauthenticated."""
    row = _live(session_id, db)
    if row is None:
        raise Unauthenticated("This session has ended. Go back and open the page anew.")
    return SessionView(member_id=row.member_id, member=Member.model_validate(row.member), expires_at=row.expires_at)


def end_session(session_id: UUID, *, db: Database) -> None:
    """Make a session's credential useless from now on."""
    with db.begin() as connection:
        ended = delete(member_session).where(member_session.c.id == session_id).returning(member_session.c.member_id)
        for member_id in connection.execute(ended).scalars():
            _record(connection, "member_session.ended", session_id, member_id)
    log.info("session.ended", session_id=str(session_id))


def sessions_of(member_id: str, *, reach: Reach, db: Database) -> list[SessionLine]:
    """The member's live sessions in this reach, the latest first."""
    mine = (member_session.c.member_id == member_id, *_IS_LIVE, *_in(reach))
    columns = [member_session.c[name] for name in SessionLine.model_fields]
    with db.read() as connection:
        rows = connection.execute(select(*columns).where(*mine).order_by(member_session.c.opened_at.desc())).all()
    return [SessionLine.model_validate(row, from_attributes=True) for row in rows]


def end_session_of(session_id: UUID, *, actor: str, reach: Reach, db: Database) -> None:
    """End a live session in this reach. Raises NotFound."""
    with db.begin() as connection:
        mine = (member_session.c.id == session_id, *_IS_LIVE, *_in(reach))
        ended = delete(member_session).where(*mine).returning(member_session.c.member_id)
        member_id = connection.execute(ended).scalar_one_or_none()
        if member_id is None:
            raise NotFound(f"There is no live session {session_id}.")
        _record(connection, "member_session.ended", session_id, member_id, actor=actor)
    log.info("session.ended", session_id=str(session_id))


def only_their_own(submission_id: UUID, *, caller: Caller, db: Database) -> None:
    """Raises NotFound where the submission is another member's than the session's, or out of the reach of the key."""
    with db.read() as connection:
        seen = within(caller.reach, service=submission.c.service, member=submission.c.member_id)
        found = connection.execute(select(submission.c.id).where(submission.c.id == submission_id, *seen)).first()
    if found is None:
        raise NotFound(f"There is no submission {submission_id}.")


def forget_ended(db: Database, *, renew: Renew) -> int:
    """Delete sessions that have ended, and links that nobody opened in time; how many. A member's profile goes with them."""
    over = func.coalesce(member_session.c.expires_at, member_session.c.link_expires_at) < func.now()
    return delete_in_batches(db, member_session, and_(over, ~is_held(member_session.c.member_id)), renew=renew)


def _record(connection: Connection, event: str, session_id: UUID, member_id: str, *, actor: str | None = None) -> None:
    """Who did it: who made a link or ended its session, or the member by it."""
    detail = {"session": str(session_id), "member": member_digest(member_id)}
    audit.write(connection, event, actor=actor or session_name(member_id), detail=detail)


def _live(session_id: UUID | None, db: Database) -> Row[Any] | None:
    with db.read() as connection:
        return connection.execute(
            select(member_session).where(member_session.c.id == session_id, *_IS_LIVE)
        ).one_or_none()


def _in(reach: Reach) -> tuple[ColumnElement[bool], ...]:
    return within(reach, service=member_session.c.service, member=member_session.c.member_id)
