from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    TableValuedAlias,
    Text,
    all_,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from pipeline.kernel.database import constant
from pipeline.review.claims.lookup import WORKLOAD
from pipeline.review.tables import ON_MEMBERS_CASES, claim, opinion, skip
from pipeline.submission.lifecycle import Queue, State
from pipeline.submission.tables import submission

_ANY: Final = ""
ONE: Final[ColumnElement[int]] = literal_column("1")
"""Written into the statement: for a limit that it does not know PostgreSQL would make no plan that it keeps."""

_CLAIMED: Final = exists(literal(1)).where(
    claim.c.submission_id == submission.c.id, claim.c.state == constant("live"), ON_MEMBERS_CASES
)


@dataclass(frozen=True, slots=True)
class ClaimQuery:
    """Which case a reviewer asks for: its queues, languages and kinds (none: any), and the members whose case it must not be."""

    reviewer_id: str
    queues: Sequence[Queue]
    languages: Sequence[str]
    kinds: Sequence[str]
    related: Sequence[str]

    @property
    def form(self) -> Mapping[str, bool]:
        """By what a statement for this query selects; each form of it has a plan of its own."""
        return {"by_language": bool(self.languages), "by_kind": bool(self.kinds)}

    @property
    def parameters(self) -> Mapping[str, object]:
        """The values of a statement's parameters."""
        lanes = [(queue.value, language) for queue in self.queues for language in self.languages or (_ANY,)]
        return {
            "queues": [queue for queue, _ in lanes],
            "languages": [language for _, language in lanes],
            "reviewer": self.reviewer_id,
            "related": list(self.related),
            "kinds": list(self.kinds),
        }


def next_waiting(connection: Connection, query: ClaimQuery) -> UUID | None:
    """The case that is due soonest, locked; one that somebody else has locked at this moment is passed over.

    Each lane is a part of an index in the order of due times, so this takes the same time however many wait.
    """
    return connection.execute(_next(**query.form), query.parameters).scalar_one_or_none()


def workload_and_next(connection: Connection, query: ClaimQuery) -> Row[Any]:
    """The reviewer's workload (`claimed`, `offered`, `run_out`), and as `waiting` the next case, locked; None where nothing waits.

    Where something is offered or has run out, that comes first: `waiting` is None then, and nothing is locked. The reviewer's row
    must be locked before, in a statement of its own: what this one sees is as old as its beginning.
    """
    return connection.execute(_workload_and_next(**query.form), query.parameters).one()


@cache
def _workload_and_next(*, by_language: bool, by_kind: bool) -> Select[Any]:
    workload = WORKLOAD.cte("workload").prefix_with("MATERIALIZED")
    first = _next(by_language=by_language, by_kind=by_kind).scalar_subquery()
    return select(workload, case((~or_(workload.c.offered, workload.c.run_out), first)).label("waiting"))


@cache
def _next(*, by_language: bool, by_kind: bool) -> Select[Any]:
    """The statement of `next_waiting`. Built once for each form: building it anew would cost more than the database takes for it."""
    lanes = func.unnest(texts("queues"), texts("languages")).table_valued("queue", "language", name="lane")
    heads = _heads(lanes.render_derived(), by_language=by_language, by_kind=by_kind)
    first = (
        _of_lane(heads, submission.c.id, by_language=by_language, by_kind=by_kind)
        .with_for_update(skip_locked=True, key_share=True, of=submission)
        .lateral("first")
    )
    return select(first.c.id).select_from(heads.join(first, true())).limit(ONE)


def _heads(lanes: TableValuedAlias, *, by_language: bool, by_kind: bool) -> FromClause:
    """The lanes in which somebody waits, the soonest due first."""
    head = _of_lane(lanes, submission.c.due_at, by_language=by_language, by_kind=by_kind).lateral("head")
    query = select(lanes.c.queue, lanes.c.language, head.c.due_at).select_from(lanes.join(head, true()))
    return query.order_by(head.c.due_at).subquery("lanes")


def _of_lane(lanes: FromClause, what: ColumnElement[Any], *, by_language: bool, by_kind: bool) -> Select[Any]:
    here = [submission.c.queue == lanes.c.queue]
    if by_language:
        here.append(submission.c.language == lanes.c.language)
    if by_kind:
        here.append(submission.c.kind == any_(texts("kinds")))
    return (
        select(what)
        .where(submission.c.state == constant(State.IN_REVIEW), *here, ~_CLAIMED, *suitable())
        .order_by(submission.c.due_at, submission.c.id)
        .limit(ONE)
        .correlate(lanes)
    )


def suitable() -> Sequence[ColumnElement[bool]]:
    """The reviewer (parameters: `reviewer`, `related`) has not skipped it, has no opinion of it yet, and is not the member or related."""
    this, who = submission.c.id, bindparam("reviewer", type_=Text)
    return (
        ~exists(literal(1)).where(skip.c.submission_id == this, skip.c.reviewer_id == who),
        ~exists(literal(1)).where(
            opinion.c.submission_id == this, opinion.c.reviewer_id == who, opinion.c.undone_at.is_(None)
        ),
        submission.c.member_id != all_(texts("related")),
    )


def texts(name: str) -> BindParameter[Any]:
    """A parameter that is a list of words."""
    return bindparam(name, type_=ARRAY(Text))
