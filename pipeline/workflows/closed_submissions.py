"""The submissions whose time is over, as conditions on the tables; those of members under a legal hold are not among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from pipeline.avatar.tables import avatar
from pipeline.policy.retention import ended_before
from pipeline.review.tables import golden
from pipeline.submission.presence import is_held
from pipeline.submission.tables import decision, material, submission
from pipeline.tasks.rules import PUBLISH_AVATAR, TaskState
from pipeline.tasks.tables import task


@dataclass(frozen=True, slots=True)
class Closed:
    """Submissions that ended before the cutoff of their state."""

    before: Mapping[str, datetime]

    @classmethod
    def of(cls, days: Mapping[str, int], now: datetime) -> "Closed":
        """Those whose days are over."""
        return cls(ended_before(days, now))

    @property
    def condition(self) -> ColumnElement[bool]:
        """Whether a submission is one of them."""
        ended = [and_(submission.c.state == state, submission.c.closed_at < at) for state, at in self.before.items()]
        return and_(or_(false(), *ended), ~is_held(submission.c.member_id))

    @property
    def submissions(self) -> Select[Any]:
        """Their ids."""
        return select(submission.c.id).where(self.condition)

    @property
    def materials(self) -> Select[Any]:
        """The ids of their files."""
        return select(material.c.id).where(material.c.submission_id.in_(self.submissions))


def pages_needed() -> ColumnElement[bool]:
    """Whether somebody still needs a submission's pages: everybody an avatar's, shown or still to be, and reviewers a golden case's."""
    shown = exists().where(avatar.c.submission_id == submission.c.id)
    asked = exists().where(golden.c.submission_id == submission.c.id, golden.c.retired_at.is_(None))
    key = func.concat(f"{PUBLISH_AVATAR.name}:", decision.c.id)
    unpublished = exists().where(
        decision.c.submission_id == submission.c.id, task.c.dedup_key == key, task.c.state != TaskState.DONE
    )
    return or_(shown, asked, unpublished)


def is_latest() -> ColumnElement[bool]:
    """Whether a submission is its member's latest, by which mails find their address."""
    later = submission.alias("later")
    follows = and_(later.c.member_id == submission.c.member_id, later.c.sequence > submission.c.sequence)
    return ~exists().where(follows)
