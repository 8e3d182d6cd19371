"""With which members and companies a reviewer has to do: their cases, pictures and states are invisible to the reviewer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, any_, bindparam, cast, exists, func, literal, or_, select

from pipeline.access.staff.reviewers import set_columns, unknown_reviewer
from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Forbidden
from pipeline.kernel.rules.digests import company_digest, member_digest
from pipeline.submission import audit
from pipeline.submission.tables import company_of, submission

_OTHER: Final = submission.alias("of_the_same_member")
_COLUMNS: Final[Mapping[str, str]] = {"member": "related_members", "company": "related_companies"}


@dataclass(frozen=True, slots=True)
class Relations:
    """Whom a reviewer has to do with: members by their ids, and companies by their names as forms write them, in small letters."""

    reviewer_id: str
    name: str
    members: tuple[str, ...]
    companies: tuple[str, ...]


def is_related() -> ColumnElement[bool]:
    """Whether the reviewer of a query's row has to do with the member of its submission, in a query of both."""
    of_company = exists(literal(1)).where(
        func.cardinality(reviewer.c.related_companies) > 0,
        _OTHER.c.member_id == submission.c.member_id,
        _OTHER.c.company == any_(reviewer.c.related_companies),
    )
    return or_(
        submission.c.member_id == reviewer.c.id,
        submission.c.member_id == any_(reviewer.c.related_members),
        of_company.correlate(submission, reviewer),
    )


def related_members(connection: Connection, reviewer_id: str) -> frozenset[str]:
    """The ids of all members with whom a reviewer has to do; their own too."""
    row = connection.execute(select(reviewer).where(reviewer.c.id == reviewer_id)).one_or_none()
    declared = [] if row is None else [*row.related_members, *members_of(connection, row.related_companies)]
    return frozenset({reviewer_id, *declared})


def members_of(connection: Connection, companies: Sequence[str]) -> Sequence[str]:
    """The members who named one of these companies in a form."""
    if not companies:
        return ()
    theirs = submission.c.company == any_(cast(list(companies), reviewer.c.related_companies.type))
    return connection.execute(select(submission.c.member_id).where(theirs).distinct()).scalars().all()


def require_unrelated(connection: Connection, reviewer_id: str, member_id: str) -> None:
    """Raises Forbidden where a reviewer has to do with a member."""
    if member_id in related_members(connection, reviewer_id):
        raise Forbidden("You have to do with this member, so somebody else must do this.")


def relations(*, db: Database, reviewer_id: str | None = None) -> Sequence[Relations]:
    """Whom everybody has to do with, or one person, by id."""
    wanted = [reviewer.c.id == reviewer_id] if reviewer_id is not None else [reviewer.c.disabled_at.is_(None)]
    with db.read() as connection:
        rows = connection.execute(select(reviewer).where(*wanted).order_by(reviewer.c.id)).all()
    return [
        Relations(row.id, row.name or row.id, tuple(row.related_members), tuple(row.related_companies)) for row in rows
    ]


def declare(connection: Connection, reviewer_id: str, kind: str, value: str, *, actor: str) -> None:
    """Record that a reviewer has to do with a member or a company, in the caller's transaction. Raises NotFound."""
    before, value = _held(connection, reviewer_id, kind), _written(connection, kind, value)
    if value not in before:
        _set(connection, reviewer_id, kind, [*before, value])
        _audit(connection, "relation.declared", reviewer_id, kind, value, actor)


def end(connection: Connection, reviewer_id: str, kind: str, value: str, *, actor: str) -> None:
    """Record that it is so no longer, which nobody says of themselves. Raises NotFound, Forbidden."""
    if actor == reviewer_id:
        raise Forbidden("Somebody else must end what you have to do with a member. Ask a lead or an administrator.")
    before = _held(connection, reviewer_id, kind)
    if value in before:
        _set(connection, reviewer_id, kind, [each for each in before if each != value])
        _audit(connection, "relation.ended", reviewer_id, kind, value, actor)


def _held(connection: Connection, reviewer_id: str, kind: str) -> Sequence[str]:
    column = reviewer.c[_COLUMNS[kind]]
    held: Any = connection.execute(
        select(column).where(reviewer.c.id == reviewer_id).with_for_update()
    ).scalar_one_or_none()
    if held is None:
        raise unknown_reviewer(reviewer_id)
    return list(held)


def _written(connection: Connection, kind: str, value: str) -> str:
    """As it is compared: a company as PostgreSQL writes that of a form."""
    if kind == "member":
        return value
    written: str = connection.execute(select(company_of(bindparam("name", value, type_=Text)))).scalar_one()
    return written


def _set(connection: Connection, reviewer_id: str, kind: str, values: Collection[str]) -> None:
    set_columns(connection, reviewer_id, **{_COLUMNS[kind]: list(values)})


def _audit(connection: Connection, event: str, reviewer_id: str, kind: str, value: str, actor: str) -> None:
    digest = member_digest(value) if kind == "member" else company_digest(value)
    audit.write(connection, event, actor=actor, detail={"reviewer": reviewer_id, kind: digest})
