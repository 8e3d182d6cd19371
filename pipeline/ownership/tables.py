from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, Text, false, func, not_, select

from pipeline.kernel.database import Instant, metadata
from pipeline.ownership.rules import TEST, Reach

ownership: Final = Table(
    "ownership",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("since", Instant, nullable=False, server_default=func.now()),
)
"""The service that owns a name: the one that was the first to send something under it."""


class Owned(StrEnum):
    """What a service owns by its name: a member, or a `source` of events."""

    MEMBER = "member"
    SOURCE = "source"


def within(reach: Reach, *, service: ColumnElement[Any], member: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """The conditions on rows with a service and a member, by which a request sees them."""
    conditions = []
    if reach.service is not None:
        conditions.append(service == reach.service)
    if reach.prefix is not None:
        conditions.append(func.starts_with(member, reach.prefix))
    if reach.member_id is not None:
        conditions.append(member == reach.member_id)
    if reach.live_only:
        conditions.append(is_live(member))
    return tuple(conditions)


def is_live(member: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether this is no member of a test key; null is none."""
    return not_(func.coalesce(func.starts_with(member, TEST), false()))


def owner_of(kind: Owned, name: ColumnElement[str]) -> ColumnElement[str | None]:
    """Who owns the name, as a part of another statement; null where nobody does."""
    return select(ownership.c.service).where(ownership.c.kind == kind, ownership.c.name == name).scalar_subquery()
