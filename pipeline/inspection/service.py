from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, case, func, insert, select, update

from pipeline.inspection import originals
from pipeline.inspection.findings import Finding, sentence_of
from pipeline.inspection.fingerprints import remember
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import verdict
from pipeline.inspection.upload import InspectedUpload, Inspector, inspect_upload
from pipeline.kernel.database import Database
from pipeline.kernel.errors import AlreadyThere, NotAllowed
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.working_days import avatar_due
from pipeline.kernel.storage import Storage
from pipeline.ownership.rules import is_test
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import lifecycle
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.lifecycle import Transition
from pipeline.submission.mail_contract import FreezeMail, SubmissionMail
from pipeline.submission.tables import finding as finding_table
from pipeline.submission.tables import material, rendition, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import SEND_MAIL

log = structlog.get_logger()

ACTOR: Final = "inspector"


def inspect(
    task: Task, *, db: Database, storage: Storage, policy: Policy, inspector: Inspector, freeze_mail: FreezeMail
) -> None:
    """Inspect every file of the submission and pass it to review, or refuse it with everything that was found.

    No transaction is open while files are read. One without files goes to review. A submission that has left `received` meanwhile is left as it is.
    """
    submission_id = UUID(task.ref_id)
    subject, files, policy = _load(db, submission_id, policy)
    if subject.state != lifecycle.State.RECEIVED:
        _drop(db, task)
        return
    limits = policy.files.avatar if subject.kind == "avatar" else policy.files.material
    expected = _expected(subject, policy)
    uploads = []
    for file in files:
        ledger.renew(db, task)
        uploads.append(
            inspect_upload(file, expected=expected, task=task, storage=storage, limits=limits, inspector=inspector)
        )
    accepted = verdict([found for each in uploads for found in each.findings])
    try:
        with db.begin() as connection:
            ledger.finish(connection, task)
            _record(connection, subject, uploads)
            if subject.kind == "avatar":
                _count_from_upload(connection, subject, uploads, policy)
            _move(connection, subject, uploads, accepted=accepted, freeze_mail=freeze_mail)
    except (AlreadyThere, NotAllowed):
        _drop(db, task)
        return
    log.info(
        "submission.inspected",
        submission_id=str(submission_id),
        accepted=accepted,
        findings=[found.code for each in uploads for found in each.findings],
        children_died=[death.reason for each in uploads for death in each.deaths],
    )


def _load(db: Database, submission_id: UUID, present: Policy) -> tuple[Row[Any], Sequence[Row[Any]], Policy]:
    """The submission, its files, and the policy for it."""
    with db.read() as connection:
        subject = connection.execute(select(submission).where(submission.c.id == submission_id)).one()
        mine = (material.c.submission_id == submission_id, material.c.upload_key.is_not(None))
        files = connection.execute(select(material).where(*mine).order_by(material.c.position)).all()
        policy = policy_of(connection, subject.policy_version, present=present)
    return subject, files, policy


def _record(connection: Connection, subject: Row[Any], uploads: Sequence[InspectedUpload]) -> None:
    for each in uploads:
        values: dict[str, Any] = {}
        if each.original is not None:
            values |= {"upload_key": each.original.key, "given_key": each.original.read_from}
        if each.report is not None:
            report = each.report
            same = {name: getattr(report, name) for name in ("sha256", "media_type", "width", "height", "pages")}
            values |= {**same, "bytes": report.size, "signals": dict(each.signals)}
        if values:
            connection.execute(update(material).where(material.c.id == each.material_id).values(values))
        if each.report is not None:
            _remember(connection, subject, each, each.report)
    read = [(each.original.read_from, each.written_at) for each in uploads if each.original and each.written_at]
    originals.forget_later(connection, subject, read)
    findings = [_finding_row(subject.id, each.material_id, found) for each in uploads for found in each.findings]
    renditions = [row for each in uploads for row in each.renditions]
    if findings:
        connection.execute(insert(finding_table), findings)
    if renditions:
        connection.execute(insert(rendition), renditions)


def _remember(connection: Connection, subject: Row[Any], upload: InspectedUpload, report: FileReport) -> None:
    """Keep the file's fingerprints, by which the same or a similar one of another member is found; a test's file is never found."""
    if is_test(subject.member_id):
        return
    phash = upload.signals.get("fingerprint")
    remember(
        connection,
        material_id=upload.material_id,
        member_id=subject.member_id,
        sha256=report.sha256,
        phash=phash if isinstance(phash, str) else None,
    )


def _expected(subject: Row[Any], policy: Policy) -> dict[str, str]:
    """What the member wrote into the form and a material may show: its lines of text, not links or descriptions."""
    identity = policy.identities.get(subject.identity)
    if identity is None:
        return {}
    types = identity.form
    return {name: value for name, value in subject.form.items() if types.get(name, "").startswith("text") and value}


def _finding_row(submission_id: UUID, material_id: UUID, found: Finding) -> dict[str, Any]:
    return {
        "id": new_id(),
        "submission_id": submission_id,
        "material_id": material_id,
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "detail": dict(found.detail),
    }


def _count_from_upload(
    connection: Connection, subject: Row[Any], uploads: Sequence[InspectedUpload], policy: Policy
) -> None:
    """An avatar's 24 hours run from its upload (DOMAIN §7.4), which only the object store knows."""
    uploaded_at = min((each.written_at for each in uploads if each.written_at), default=subject.accepted_at)
    if uploaded_at >= subject.accepted_at:
        return
    clock = policy.clock
    due = avatar_due(uploaded_at, hours=clock.avatar_hours, warning_hours=clock.avatar_warning_hours, since="upload")
    connection.execute(
        update(submission)
        .where(submission.c.id == subject.id)
        .values(
            due_at=func.least(submission.c.due_at, due.promise_at),
            target_at=func.least(submission.c.target_at, due.target_at),
            due_rule={**subject.due_rule, **due.rule},
            watch_at=case((submission.c.watch_at.is_not(None), func.least(submission.c.watch_at, due.warn_at))),
        )
    )


def _move(
    connection: Connection,
    subject: Row[Any],
    uploads: Sequence[InspectedUpload],
    *,
    accepted: bool,
    freeze_mail: FreezeMail,
) -> None:
    codes = [found.code for each in uploads for found in each.findings]
    event = Transition.CLEARED if accepted else Transition.REFUSED
    lifecycle.transition(
        connection, subject.id, event, actor=ACTOR, version=subject.version, detail={"findings": codes}
    )
    if not accepted:
        refusing = {
            found.message: sentence_of(found) for each in uploads for found in each.findings if not verdict([found])
        }
        mail = SubmissionMail(
            cause_id=subject.id,
            template=MailTemplate.SUBMISSION_REFUSED,
            submission_id=subject.id,
            member_id=subject.member_id,
            stage=subject.stage,
            sentences=tuple(refusing.values()),
        )
        freeze_mail(connection, mail)
        ledger.record(connection, SEND_MAIL, subject.id, trace=subject.correlation_id)


def _drop(db: Database, task: Task) -> None:
    """End the task; the submission was superseded or withdrawn meanwhile."""
    with db.begin() as connection:
        ledger.finish(connection, task)
    log.info("submission.inspection_dropped", submission_id=task.ref_id)
