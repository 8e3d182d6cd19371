"""A member's session: upstream makes a one-time link, and opening it gives a credential. Time is the database's.

A link and a credential each have 256 random bits, so nobody can guess one, and SHA-256 keeps them safe.
"""

import secrets
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import CheckConstraint, Column, Connection, Row, Table, Text, Uuid, delete, func, insert, select, update

from pipeline.access.api_keys import Caller, Unauthenticated, digest, matches, parsed
from pipeline.kernel.database import JSON, Database, Instant, metadata
from pipeline.kernel.errors import NotFound
from pipeline.kernel.ids import new_id
from pipeline.policy.sign_in import SessionRules, Speaker
from pipeline.submission.presence import require_present
from pipeline.submission.tables import submission
from schemas.sessions import OpenedSession, SessionLink, SessionRequest, SessionView
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


def make_link(request: SessionRequest, *, made_by: str, web_url: str, db: Database, rules: SessionRules) -> SessionLink:
    """A link for one member. Its secret stands behind the #, so that no server, proxy or log on the way ever sees it."""
    session_id, secret = new_id(), secrets.token_urlsafe(32)
    row = {
        "id": session_id,
        "member_id": request.member_id,
        "member": request.member.model_dump(mode="json"),
        "made_by": made_by,
        "link_sha256": digest(secret),
        "link_expires_at": func.now() + timedelta(seconds=rules.link_seconds),
    }
    with db.begin() as connection:
        require_present(connection, request.member_id)
        expires_at = connection.execute(
            insert(member_session).values(row).returning(member_session.c.link_expires_at)
        ).scalar_one()
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
        )
        row = connection.execute(select(member_session).where(*unopened).with_for_update()).one_or_none()
        if row is None or not matches(presented, row.link_sha256):
            raise LinkNotValid("This link was opened before, or its time is over. Go back and open the page anew.")
        ends = func.now() + timedelta(seconds=rules.session_seconds)
        opened = {"opened_at": func.now(), "secret_sha256": digest(secret), "expires_at": ends}
        change = update(member_session).where(member_session.c.id == row.id).values(opened)
        expires_at = connection.execute(change.returning(member_session.c.expires_at)).scalar_one()
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
    return Caller(row.id, speaker.name, frozenset(), None, speaker)


def session_view(session_id: UUID, *, db: Database) -> SessionView:
    """Whom a live session speaks for. Raises Unauthenticated."""
    row = _live(session_id, db)
    if row is None:
        raise Unauthenticated("This session has ended. Go back and open the page anew.")
    return SessionView(member_id=row.member_id, member=Member.model_validate(row.member), expires_at=row.expires_at)


def end_session(session_id: UUID, *, db: Database) -> None:
    """Make a session's credential useless from now on."""
    with db.begin() as connection:
        connection.execute(delete(member_session).where(member_session.c.id == session_id))
    log.info("session.ended", session_id=str(session_id))


def only_their_own(submission_id: UUID, *, caller: Caller, db: Database) -> None:
    """Raises NotFound where a member's session asks for another member's submission."""
    if caller.speaker is None:
        return
    with db.read() as connection:
        owner = connection.execute(select(submission.c.member_id).where(submission.c.id == submission_id)).scalar()
    if owner != caller.speaker.member_id:
        raise NotFound(f"There is no submission {submission_id}.")


def forget_ended(connection: Connection) -> int:
    """Delete sessions that have ended, and links that nobody opened in time; how many. A member's profile goes with them."""
    over = func.coalesce(member_session.c.expires_at, member_session.c.link_expires_at) < func.now()
    return connection.execute(delete(member_session).where(over)).rowcount


def _live(session_id: UUID | None, db: Database) -> Row[Any] | None:
    with db.read() as connection:
        return connection.execute(
            select(member_session).where(member_session.c.id == session_id, member_session.c.expires_at > func.now())
        ).one_or_none()
