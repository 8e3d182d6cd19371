import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff import sessions
from pipeline.access.staff.factors.second_step import arrive, is_second_step
from pipeline.access.staff.ownership import record_opening
from pipeline.access.staff.sessions import NOWHERE, Origin
from pipeline.access.staff.sign_in import SignInContext, replace_password, require_strong
from pipeline.access.staff.tables import invitation, reviewer
from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit


class InvitationGone(NotFound):
    """The link was used, replaced by another one, or is too old."""

    code = "invitation_gone"


def invite(reviewer_id: str, *, actor: str, db: Database, rules: SignIn) -> str:
    """The token of a new link for a person who is not disabled; it replaces an earlier one. Raises NotFound."""
    token = secrets.token_urlsafe(32)
    with db.begin() as connection:
        _lock(connection, reviewer_id)
        values: dict[str, Any] = {
            "token_sha256": sessions.hashed(token),
            "invited_by": actor,
            "expires_at": func.now() + timedelta(hours=rules.invitation_hours),
        }
        statement = insert(invitation).values(reviewer_id=reviewer_id, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["reviewer_id"], set_=values))
        audit.write(connection, "reviewer.invited", actor=actor, detail={"reviewer": reviewer_id})
    return token


def invited(token: str, *, db: Database) -> str:
    """Whom a link is for. Raises InvitationGone."""
    with db.read() as connection:
        return str(_invitation(connection, token).reviewer_id)


def accept_invitation(token: str, new: str, *, context: SignInContext, origin: Origin = NOWHERE) -> str:
    """Set the password and use the link up; the token of a new session, or of a second step where the person has a second factor.

    Without one, whoever made the link could have opened it themselves, so that is kept. Raises InvitationGone, Invalid.
    """
    reviewer_id = invited(token, db=context.db)
    require_strong(new, reviewer_id=reviewer_id, rules=context.rules)
    hashed = context.passwords.hashed(new)
    with context.db.begin() as connection:
        _lock(connection, reviewer_id)
        used = _invitation(connection, token)
        connection.execute(delete(invitation).where(invitation.c.reviewer_id == reviewer_id))
        replace_password(connection, reviewer_id, hashed, actor=reviewer_id)
        arrived = arrive(connection, reviewer_id, proof="invitation", rules=context.rules, origin=origin)
        if not is_second_step(arrived):
            record_opening(connection, reviewer_id, by=used.invited_by, how="invitation")
        return arrived


def set_password(reviewer_id: str, new: str, *, actor: str, context: SignInContext) -> None:
    """Set a person's password for them, as administrators do at a terminal. Raises NotFound, Invalid."""
    require_strong(new, reviewer_id=reviewer_id, rules=context.rules)
    hashed = context.passwords.hashed(new)
    with context.db.begin() as connection:
        _lock(connection, reviewer_id)
        connection.execute(delete(invitation).where(invitation.c.reviewer_id == reviewer_id))
        replace_password(connection, reviewer_id, hashed, actor=actor)
        record_opening(connection, reviewer_id, by=actor, how="password")


def _invitation(connection: Connection, token: str) -> Row[Any]:
    row = connection.execute(
        select(invitation)
        .join(reviewer, reviewer.c.id == invitation.c.reviewer_id)
        .where(
            invitation.c.token_sha256 == sessions.hashed(token),
            invitation.c.expires_at > func.now(),
            reviewer.c.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise InvitationGone("This link was used already or is too old. Ask an administrator for a new one.")
    return row


def _lock(connection: Connection, reviewer_id: str) -> None:
    """Lock the person's row until the transaction ends. Raises NotFound."""
    live = (reviewer.c.id == reviewer_id, reviewer.c.disabled_at.is_(None))
    if connection.execute(select(reviewer.c.id).where(*live).with_for_update()).one_or_none() is None:
        raise NotFound(f"There is no reviewer {reviewer_id!r} who may sign in. Add or enable them first.")
