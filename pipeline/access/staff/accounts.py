from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from pipeline.access.staff import sessions
from pipeline.access.staff.reviewers import (
    change_reviewer,
    insert_reviewer,
    keep_an_administrator,
    set_columns,
    unknown_reviewer,
)
from pipeline.access.staff.rules.roles import Right, Role, require
from pipeline.access.staff.tables import invitation, password, reviewer, session
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Conflict, Forbidden
from pipeline.policy.sign_in import SignIn
from pipeline.submission import audit


class PersonExists(Conflict):
    """Somebody has this id already."""

    code = "person_exists"


@dataclass(frozen=True, slots=True)
class Person:
    """One person as administrators see them."""

    reviewer_id: str
    name: str
    roles: tuple[str, ...]
    languages: tuple[str, ...]
    disabled_at: datetime | None
    has_password: bool
    invited_until: datetime | None
    sessions: int
    seen_at: datetime | None

    def shown(self) -> dict[str, Any]:
        """The person as data."""
        return asdict(self)


def list_people(*, db: Database, rules: SignIn, reviewer_id: str | None = None) -> Sequence[Person]:
    """Everybody, or one person, by id."""
    wanted = [reviewer.c.id == reviewer_id] if reviewer_id is not None else []
    with db.read() as connection:
        rows = connection.execute(_people(rules).where(*wanted).order_by(reviewer.c.id)).all()
    return [_person(row) for row in rows]


def person_named(reviewer_id: str, *, db: Database, rules: SignIn) -> Person:
    """One person. Raises NotFound."""
    found = list_people(db=db, rules=rules, reviewer_id=reviewer_id)
    if not found:
        raise unknown_reviewer(reviewer_id)
    return found[0]


def add(
    reviewer_id: str, *, name: str | None, roles: Sequence[Role], languages: Sequence[str], actor: str, db: Database
) -> None:
    """Add a person, who can sign in once they have chosen a password. Raises PersonExists."""
    given = {"name": name, "roles": roles, "languages": languages}
    with db.begin() as connection:
        if not insert_reviewer(connection, reviewer_id, given, actor=actor):
            raise PersonExists(f"There is somebody with the id {reviewer_id} already. Choose another one.")


def change(reviewer_id: str, *, roles: Sequence[Role], languages: Sequence[str], actor: str, db: Database) -> None:
    """Set a person's roles and languages. Raises NotFound, LastAdministrator."""
    with db.begin() as connection:
        change_reviewer(connection, reviewer_id, {"roles": roles, "languages": languages}, actor=actor)


def end_access(connection: Connection, reviewer_id: str, *, actor: str) -> None:
    """Disable a person and end their sessions, in the caller's transaction. Raises NotFound, LastAdministrator."""
    keep_an_administrator(connection, reviewer_id)
    set_columns(connection, reviewer_id, disabled_at=func.now())
    sessions.end_all(connection, reviewer_id, actor=actor)
    connection.execute(invitation.delete().where(invitation.c.reviewer_id == reviewer_id))
    audit.write(connection, "reviewer.disabled", actor=actor, detail={"reviewer": reviewer_id})


def enable(reviewer_id: str, *, actor: str, db: Database) -> None:
    """Let a disabled person in again. Raises NotFound."""
    with db.begin() as connection:
        set_columns(connection, reviewer_id, disabled_at=None)
        audit.write(connection, "reviewer.enabled", actor=actor, detail={"reviewer": reviewer_id})


def sign_out_everywhere(reviewer_id: str, *, actor: str | None = None, but: UUID | None = None, db: Database) -> int:
    """End all of a person's sessions, except `but`. Returns how many."""
    with db.begin() as connection:
        return sessions.end_all(connection, reviewer_id, but=but, actor=actor)


def choose_look(reviewer_id: str, theme: str, timezone: str | None, *, db: Database) -> None:
    """Keep a person's theme (`auto`, `light` or `dark`) and time zone (None: the team's)."""
    with db.begin() as connection:
        set_columns(connection, reviewer_id, theme=theme, timezone=timezone)


def require_right(reviewer_id: str, right: Right, *, db: Database) -> None:
    """Raises Forbidden where a person is unknown or disabled, or none of their roles gives the right."""
    with db.read() as connection:
        row = connection.execute(
            select(reviewer.c.roles, reviewer.c.disabled_at).where(reviewer.c.id == reviewer_id)
        ).one_or_none()
    if row is None or row.disabled_at is not None:
        raise Forbidden(f"{reviewer_id} does not review here any more. An administrator may change that.")
    require(row.roles, right)


def _people(rules: SignIn) -> Any:
    open_now = (
        select(session.c.reviewer_id, func.count().label("sessions"), func.max(session.c.seen_at).label("seen_at"))
        .where(*sessions.open_sessions(rules))
        .group_by(session.c.reviewer_id)
        .subquery()
    )
    return (
        select(
            reviewer,
            password.c.reviewer_id.is_not(None).label("has_password"),
            invitation.c.expires_at,
            func.coalesce(open_now.c.sessions, 0).label("sessions"),
            open_now.c.seen_at,
        )
        .outerjoin(password, password.c.reviewer_id == reviewer.c.id)
        .outerjoin(invitation, (invitation.c.reviewer_id == reviewer.c.id) & (invitation.c.expires_at > func.now()))
        .outerjoin(open_now, open_now.c.reviewer_id == reviewer.c.id)
    )


def _person(row: Row[Any]) -> Person:
    return Person(
        reviewer_id=row.id,
        name=row.name or row.id,
        roles=tuple(row.roles),
        languages=tuple(row.languages),
        disabled_at=row.disabled_at,
        has_password=row.has_password,
        invited_until=row.expires_at,
        sessions=row.sessions,
        seen_at=row.seen_at,
    )
