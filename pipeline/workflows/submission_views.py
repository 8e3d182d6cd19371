from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, bindparam, func, select

from pipeline.avatar.service import OUTDATED, PUBLISHED
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, NotFound, Problem
from pipeline.kernel.pagination import cursor_of, id_in
from pipeline.membership.tables import ground
from pipeline.notification.tables import mail
from pipeline.ownership.rules import EVERYTHING, Reach
from pipeline.ownership.tables import within
from pipeline.policy import Policy, sentence_by
from pipeline.submission.accepted_policy import policies_of
from pipeline.submission.audit import audit
from pipeline.submission.lifecycle import State
from pipeline.submission.queries import due_view, findings_of_each
from pipeline.submission.tables import EMAIL, STANDING, decision, material, submission
from schemas.submissions import (
    DecisionView,
    EffectView,
    FullSubmissionPage,
    MaterialView,
    ReasonView,
    StepView,
    SubmissionLine,
    SubmissionPage,
    SubmissionView,
)

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_SHOWN: Final = submission.c.erased_at.is_(None)
_ONE: Final = select(submission).where(submission.c.id == bindparam("submission_id"), _SHOWN)
_FILES: Final = select(material).where(material.c.submission_id.in_(_IDS)).order_by(material.c.position)
_DECIDED: Final = select(decision).where(decision.c.submission_id.in_(_IDS), STANDING)
_MAILS: Final = select(mail.c.cause_id, mail.c.state, mail.c.sent_at).where(mail.c.cause_id.in_(_IDS))
_STEPS: Final = (
    select(audit.c.submission_id, audit.c.event, audit.c.to_state, audit.c.at)
    .where(audit.c.submission_id.in_(_IDS), audit.c.to_state.is_not(None))
    .order_by(audit.c.id)
)
"""The transitions, the earliest first, without who made them."""
_PUBLISHED: Final = (
    select(audit.c.submission_id.label("of"), func.min(audit.c.at).label("at"))
    .where(audit.c.submission_id.in_(_IDS), audit.c.event.in_((PUBLISHED, OUTDATED)))
    .group_by(audit.c.submission_id)
)
_UNLOCKED: Final = select(
    ground.c.cause_id.label("of"),
    ground.c.at,
    func.coalesce(ground.c.superseded_at == ground.c.at, False).label("never"),
).where(ground.c.cause_id.in_(_IDS))
"""`never`: a correction came before the effect."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which submissions to list; None means any. Of these, the ones in `reach`.

    Times are from the first, which belongs to it, to the second, which does not. `email` is compared without regard to case.
    """

    member_id: str | None = None
    kind: str | None = None
    state: str | None = None
    stage: str | None = None
    correlation_id: str | None = None
    reach: Reach = EVERYTHING
    method: str | None = None
    identity: str | None = None
    email: str | None = None
    ids: Sequence[UUID] | None = None
    accepted_from: datetime | None = None
    accepted_to: datetime | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What rows must be."""
        yield from within(self.reach, service=submission.c.service, member=submission.c.member_id)
        for name in ("member_id", "kind", "state", "stage", "correlation_id", "method", "identity"):
            if (wanted := getattr(self, name)) is not None:
                yield submission.c[name] == wanted
        if self.email is not None:
            yield EMAIL.in_((self.email.lower(),))
        if self.ids is not None:
            yield submission.c.id.in_(self.ids)
        for column, since, until in (
            (submission.c.accepted_at, self.accepted_from, self.accepted_to),
            (submission.c.due_at, self.due_from, self.due_to),
        ):
            if since is not None:
                yield column >= since
            if until is not None:
                yield column < until


def submission_of(submission_id: UUID, *, db: Database, policy: Policy) -> SubmissionView:
    """One submission with everything that upstream may read. Raises NotFound."""
    with db.read() as connection:
        rows = connection.execute(_ONE, {"submission_id": submission_id}).all()
        if not rows:
            raise NotFound(f"There is no submission {submission_id}.")
        (view,) = _views(connection, rows, policy)
    return view


def submissions(filters: Filters, *, cursor: str | None, limit: int, db: Database) -> SubmissionPage:
    """A page of submissions, the latest first. Raises Invalid for an unknown state or cursor."""
    with db.read() as connection:
        rows, following = _page(connection, filters, cursor=cursor, limit=limit)
    lines = tuple(SubmissionLine.model_validate(row, from_attributes=True) for row in rows)
    return SubmissionPage(items=lines, next_cursor=following)


def full_submissions(
    filters: Filters, *, cursor: str | None, limit: int, db: Database, policy: Policy
) -> FullSubmissionPage:
    """The same page with everything of each. Raises Invalid."""
    with db.read() as connection:
        rows, following = _page(connection, filters, cursor=cursor, limit=limit)
        return FullSubmissionPage(items=tuple(_views(connection, rows, policy)), next_cursor=following)


def _page(
    connection: Connection, filters: Filters, *, cursor: str | None, limit: int
) -> tuple[Sequence[Row[Any]], str | None]:
    """The rows of a page, and the cursor of the next one."""
    if filters.state is not None and filters.state not in list(State):
        raise Invalid([Problem("state", "unknown_state", f"Use one of {', '.join(State)}.")])
    shown = select(submission).where(_SHOWN, *filters.conditions())
    query = shown.order_by(submission.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(submission.c.id < id_in(cursor))
    rows = connection.execute(query).all()
    return rows[:limit], cursor_of(rows[limit - 1].id) if len(rows) > limit else None


def _views(connection: Connection, rows: Sequence[Row[Any]], policy: Policy) -> Iterator[SubmissionView]:
    """The full views. The number of statements does not depend on the number of rows."""
    ids = {"ids": [row.id for row in rows]}
    files = _by(connection.execute(_FILES, ids), "submission_id")
    findings = findings_of_each(connection, ids["ids"])
    decided = {row.submission_id: row for row in connection.execute(_DECIDED, ids)}
    effects = _effects(connection, rows, decided)
    steps = _by(connection.execute(_STEPS, ids), "submission_id")
    policies = policies_of(connection, [row.policy_version for row in rows], present=policy)
    for row in rows:
        found = decided.get(row.id)
        yield SubmissionView(
            id=row.id,
            kind=row.kind,
            method=row.method,
            stage=row.stage,
            identity=row.identity,
            member_id=row.member_id,
            state=row.state,
            version=row.version,
            door=row.door,
            accepted_at=row.accepted_at,
            closed_at=row.closed_at,
            due=due_view(row),
            chance=row.chance,
            superseded_by=row.superseded_by,
            findings=findings.get(row.id, ()),
            materials=tuple(MaterialView.model_validate(each, from_attributes=True) for each in files[row.id]),
            decision=_decision_view(found, row.kind, policies[row.policy_version], policy) if found else None,
            effects=tuple(effects[row.id]),
            history=tuple(StepView(event=each.event, state=each.to_state, at=each.at) for each in steps[row.id]),
            policy_version=row.policy_version,
            correlation_id=row.correlation_id,
        )


def _effects(
    connection: Connection, rows: Sequence[Row[Any]], decided: Mapping[UUID, Row[Any]]
) -> Mapping[UUID, Sequence[EffectView]]:
    """The effects of each result, and whether they are done; empty while there is no result.

    An avatar's effect is done once it or a later one was published, a stage's once the decision is a ground for it. Both stay done
    when they are replaced or corrected later. A stage's is `superseded` where a correction came before it.
    """
    approved = [row for row in rows if row.id in decided and decided[row.id].verdict == "approve"]
    avatars = [row.id for row in approved if row.kind == "avatar"]
    unlocking = [decided[row.id].id for row in approved if row.kind != "avatar"]
    done = {row.of: row.at for row in connection.execute(_PUBLISHED, {"ids": avatars})} if avatars else {}
    unlocked = connection.execute(_UNLOCKED, {"ids": unlocking}).all() if unlocking else ()
    done |= {row.of: row.at for row in unlocked if not row.never}
    never = {row.of for row in unlocked if row.never}
    causes = {row.id: decided[row.id].id if row.id in decided else row.id for row in rows}
    mails = {row.cause_id: row for row in connection.execute(_MAILS, {"ids": list(causes.values())})}
    effects: dict[UUID, list[EffectView]] = {row.id: [] for row in rows}
    for row in approved:
        avatar = row.kind == "avatar"
        at = done.get(row.id if avatar else causes[row.id])
        name = "avatar_published" if avatar else "stage_unlocked"
        state = "superseded" if causes[row.id] in never else "done" if at else "pending"
        effects[row.id].append(EffectView(name=name, state=state, done_at=at))
    for submission_id, cause in causes.items():
        if mail_of := mails.get(cause):
            effects[submission_id].append(EffectView(name="mail", state=mail_of.state, done_at=mail_of.sent_at))
    return effects


def _by(rows: Iterable[Row[Any]], column: str) -> Mapping[UUID, Sequence[Row[Any]]]:
    found: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found


def _decision_view(row: Row[Any], kind: str, *policies: Policy) -> DecisionView:
    """The sentence of a reason is that of the first policy that has the reason."""
    said = [(code, sentence_by(policies, code, kind=kind, verdict=row.verdict)) for code in row.reasons]
    return DecisionView(
        id=row.id,
        verdict=row.verdict,
        decided_at=row.decided_at,
        reasons=tuple(ReasonView(code=code, text=text) for code, text in said),
        message=row.message,
        facts=row.facts,
        policy_version=row.policy_version,
    )
