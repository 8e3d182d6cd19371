"""Every table in which a member may stand, and what an erasure does there. A test holds this list against all tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, Text, and_, case, cast, func, or_, select

from pipeline.access.member_sessions import member_session
from pipeline.account import tables as account
from pipeline.avatar.tables import avatar
from pipeline.events.inbound import inbound_event
from pipeline.events.tables import event
from pipeline.inspection.fingerprints import fingerprint
from pipeline.intake.uploads import upload_slot
from pipeline.kernel.idempotency import idempotency
from pipeline.membership import tables as membership
from pipeline.notification.tables import mail, suppressed_address
from pipeline.review import tables as review
from pipeline.submission.tables import business_email, decision, finding, material, rendition, submission
from pipeline.tasks.rules import ACCEPT
from pipeline.tasks.tables import task
from pipeline.verification.tax_number import tax_number
from pipeline.workflows.erasure.subject import Subject
from schemas.events import EventType

Mine = Callable[[Subject], ColumnElement[bool]]
Blank = Callable[[Subject], Mapping[str, Any]]

SETTLED_BY: Final = "erasure"


@dataclass(frozen=True, slots=True)
class Place:
    """The rows of a table that are a member's: deleted, or kept with `blank` in their columns.

    `slow` ones are on no page, and are looked for in the second pass only. `secret` columns are in no copy that the member gets.
    """

    table: Table
    mine: Mine
    blank: Blank | None = None
    slow: bool = False
    secret: frozenset[str] = field(default=frozenset())


def _by_member(table: Table) -> Mine:
    return lambda subject: subject.owns(table.c.member_id)


def _by_submission(table: Table) -> Mine:
    return lambda subject: table.c.submission_id.in_(subject.submissions)


def _by_material(table: Table) -> Mine:
    return lambda subject: table.c.material_id.in_(subject.materials)


def _renamed(**more: Any) -> Blank:
    return lambda subject: {"member_id": subject.alias, **more}


def _always(**columns: Any) -> Blank:
    return lambda _subject: columns


_SAID: Final = _always(facts={}, message=None, note=None)
_REVIEWERS: Final = frozenset({"reviewer_id", "note", "claim_id", "undone_by"})


def _nobody(subject: Subject) -> Mapping[str, Any]:
    """A submission without its member. The locale stays: the statistics count by language."""
    member = func.jsonb_build_object("name", "", "email", "", "locale", submission.c.member["locale"])
    by_member = submission.c.accepted_by == subject.speaker
    return {
        "member_id": subject.alias,
        "member": func.jsonb_strip_nulls(member),
        "form": case((submission.c.form.is_not(None), func.jsonb_build_object())),
        "accepted_by": case((by_member, "member"), else_=submission.c.accepted_by),
        "erased_at": func.coalesce(submission.c.erased_at, func.now()),
    }


def _unsent(subject: Subject) -> Mapping[str, Any]:
    gone = {"recipient": "", "subject": "", "text": "", "html": "", "headers": None, "last_error": None}
    unsent = mail.c.state.in_(("pending", "sending", "unknown"))
    state = case((unsent, "withdrawn"), else_=mail.c.state)
    return {"member_id": subject.alias, **gone, "state": state}


def _spend_review(subject: Subject) -> Mapping[str, Any]:
    table = membership.spend_review
    is_open = table.c.state == "open"
    return {
        "member_id": subject.alias,
        "reason": None,
        "state": case((is_open, "kept"), else_=table.c.state),
        "settled_at": func.coalesce(table.c.settled_at, func.now()),
        "settled_by": func.coalesce(table.c.settled_by, SETTLED_BY),
    }


def _holds(haystack: ColumnElement[Any], needle: Any) -> ColumnElement[bool]:
    return func.strpos(haystack, needle) > 0


def _mentioned(column: ColumnElement[Any], subject: Subject) -> ColumnElement[bool]:
    """Whether a JSON value names the member, also as text within a text."""
    words = cast(column, Text)
    return or_(_holds(words, f'"{subject.member_id}"'), _holds(words, f'\\"{subject.member_id}\\"'))


def parked_messages(subject: Subject) -> ColumnElement[bool]:
    """Messages of the queue door that name the member or an address of theirs."""
    (address,) = (each := subject.addresses().subquery()).c
    writes_to = select(1).select_from(each).where(_holds(func.lower(cast(task.c.payload, Text)), address))
    named = or_(_mentioned(task.c.payload, subject), writes_to.exists())
    return and_(task.c.kind == ACCEPT.name, task.c.payload.is_not(None), named)


def _answered(subject: Subject) -> ColumnElement[bool]:
    """The keys of requests of the member, or about the member or a submission of theirs."""
    words = cast(idempotency.c.answer, Text)
    each = subject.submissions.subquery()
    about = select(1).select_from(each).where(_holds(words, cast(each.c.id, Text))).exists()
    operation = _holds(idempotency.c.operation, f".{subject.member_id}.")
    return or_(idempotency.c.owner == subject.speaker, operation, _mentioned(idempotency.c.answer, subject), about)


def _slots(subject: Subject) -> ColumnElement[bool]:
    key = func.coalesce(material.c.given_key, material.c.upload_key)
    named = select(key).where(material.c.submission_id.in_(subject.submissions), key.is_not(None))
    return or_(upload_slot.c.owner == subject.speaker, upload_slot.c.key.in_(named))


def _suppressed(subject: Subject) -> ColumnElement[bool]:
    """An address that is also another member's stays suppressed."""
    own, others = subject.addresses(), subject.addresses(others=True)
    return and_(suppressed_address.c.address.in_(own), suppressed_address.c.address.not_in(others))


PLACES: Final[tuple[Place, ...]] = (
    Place(task, parked_messages),
    Place(suppressed_address, _suppressed),
    Place(idempotency, _answered, slow=True, secret=frozenset({"fingerprint"})),
    Place(task, lambda subject: task.c.ref_id.in_(subject.task_refs), secret=frozenset({"last_error", "token"})),
    Place(event, lambda subject: and_(subject.owns(event.c.member_id), event.c.type != EventType.MEMBER_ERASED)),
    Place(inbound_event, _by_member(inbound_event), _renamed(receipt=None, fingerprint="", contact=None)),
    Place(member_session, _by_member(member_session), secret=frozenset({"link_sha256", "secret_sha256"})),
    Place(upload_slot, _slots),
    Place(avatar, _by_member(avatar)),
    Place(fingerprint, _by_material(fingerprint)),
    Place(review.sealed, _by_material(review.sealed), secret=frozenset({"key", "sealed_by", "ended_by"})),
    Place(rendition, _by_material(rendition)),
    Place(finding, _by_submission(finding), _always(message="", detail={})),
    Place(business_email, _by_submission(business_email), secret=frozenset({"code_hash", "next_hash"})),
    Place(tax_number, _by_member(tax_number)),
    Place(mail, lambda subject: subject.mails, _unsent),
    Place(
        material,
        _by_submission(material),
        _always(
            upload_key=None,
            given_key=None,
            filename=None,
            declared_type=None,
            declared_sha256=None,
            sha256=None,
            signals=None,
        ),
    ),
    Place(decision, _by_submission(decision), _SAID, secret=_REVIEWERS),
    Place(review.opinion, _by_submission(review.opinion), _SAID, secret=_REVIEWERS),
    Place(
        review.answer,
        lambda subject: review.answer.c.check_id.in_(
            select(review.check.c.id).where(review.check.c.submission_id.in_(subject.submissions))
        ),
        _SAID,
        secret=_REVIEWERS,
    ),
    Place(
        review.claim, _by_submission(review.claim), _always(offer_note=None), secret=frozenset(review.claim.c.keys())
    ),
    Place(
        review.escalation,
        _by_submission(review.escalation),
        _always(note=""),
        secret=frozenset({"note", "reviewer_id"}),
    ),
    Place(review.skip, _by_submission(review.skip), _always(reason=""), secret=frozenset({"reason", "reviewer_id"})),
    Place(
        review.golden,
        _by_submission(review.golden),
        _always(note=None, retired_at=func.coalesce(review.golden.c.retired_at, func.now())),
        secret=frozenset(review.golden.c.keys()),
    ),
    Place(
        review.check,
        _by_submission(review.check),
        _always(ruling_note=None),
        secret=frozenset(review.check.c.keys()),
    ),
    Place(submission, _by_member(submission), _nobody),
    Place(account.account_section, _by_member(account.account_section)),
    Place(account.confirmed_email, _by_member(account.confirmed_email)),
    Place(account.email_code, _by_member(account.email_code), secret=frozenset({"hashed", "earlier_hashed"})),
    Place(account.subscription, _by_member(account.subscription)),
    Place(account.points_entry, _by_member(account.points_entry), _renamed(reason=None), secret=frozenset({"actor"})),
    Place(account.points_account, _by_member(account.points_account), _renamed()),
    Place(membership.correction, _by_member(membership.correction), _renamed(reason=""), secret=frozenset({"actor"})),
    Place(membership.spend_review, _by_member(membership.spend_review), _spend_review),
    Place(membership.spend_order, _by_member(membership.spend_order), _renamed()),
    Place(membership.level_change, _by_member(membership.level_change), _renamed()),
    Place(membership.unlocked_stage, _by_member(membership.unlocked_stage), _renamed()),
    Place(membership.ground, _by_member(membership.ground), _renamed()),
    Place(membership.membership, _by_member(membership.membership), _renamed()),
)
"""In the order in which they are gone through: what tells a row's member stands until its row was."""
