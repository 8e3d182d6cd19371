"""Who is erased, as conditions on the tables."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select, union
from sqlalchemy.sql.selectable import CompoundSelect

from pipeline.access.member_sessions import member_session
from pipeline.account.rules.sections import PERSONAL
from pipeline.account.tables import account_section, confirmed_email, email_code
from pipeline.events.tables import delivery
from pipeline.kernel.rules.digests import member_digest
from pipeline.notification.tables import mail
from pipeline.submission.presence import tombstone
from pipeline.submission.tables import business_email, decision, material, submission


@dataclass(frozen=True, slots=True)
class Subject:
    """One member and the erasure that they are the subject of. Every condition holds before and after their rows have the new id."""

    member_id: str
    erasure_id: UUID

    @property
    def alias(self) -> str:
        """The id of the rows that stay."""
        return tombstone(self.erasure_id)

    @property
    def speaker(self) -> str:
        """The name of the member's sessions, as `Speaker` has it."""
        return f"member:{member_digest(self.member_id)}"

    def owns(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a row is this member's, by the column with its member's id."""
        return column.in_((self.member_id, self.alias))

    @property
    def submissions(self) -> Select[Any]:
        """The ids of the member's submissions."""
        return select(submission.c.id).where(self.owns(submission.c.member_id))

    @property
    def materials(self) -> Select[Any]:
        """The ids of the files of these."""
        return select(material.c.id).where(material.c.submission_id.in_(self.submissions))

    @property
    def decisions(self) -> Select[Any]:
        """The ids of the decisions on these."""
        return select(decision.c.id).where(decision.c.submission_id.in_(self.submissions))

    @property
    def mails(self) -> ColumnElement[bool]:
        """Which mails are to this member."""
        return or_(self.owns(mail.c.member_id), mail.c.submission_id.in_(self.submissions))

    @property
    def task_refs(self) -> CompoundSelect[Any]:
        """What the member's tasks refer to."""
        sent = select(func.concat(cast(delivery.c.event_id, Text), ":", cast(delivery.c.endpoint_id, Text)))
        return union(
            select(cast(self.submissions.subquery().c.id, Text)),
            select(cast(self.decisions.subquery().c.id, Text)),
            select(cast(mail.c.cause_id, Text)).where(self.mails),
            sent.where(self.owns(delivery.c.member_id)),
        )

    def addresses(self, *, others: bool = False) -> CompoundSelect[Any]:
        """The member's e-mail addresses in small letters; with `others`, everybody else's."""

        def whose(column: ColumnElement[Any]) -> ColumnElement[bool]:
            return ~self.owns(column) if others else self.owns(column)

        asked = select(business_email.c.address).join(submission, submission.c.id == business_email.c.submission_id)
        written = select(account_section.c.content["email"].astext).where(account_section.c.section == PERSONAL)
        found = (
            written.where(whose(account_section.c.member_id)),
            select(confirmed_email.c.email).where(whose(confirmed_email.c.member_id)),
            select(email_code.c.email).where(whose(email_code.c.member_id)),
            select(submission.c.member["email"].astext).where(whose(submission.c.member_id)),
            select(member_session.c.member["email"].astext).where(whose(member_session.c.member_id)),
            asked.where(whose(submission.c.member_id)),
            select(mail.c.recipient).where(~self.mails if others else self.mails),
        )
        each = union(*found).subquery()
        (column,) = each.c
        return union(select(func.lower(func.trim(column))).where(column.is_not(None), column != ""))
