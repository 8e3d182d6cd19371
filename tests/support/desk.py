"""The pipeline as a test speaks of it: verbs over the real use cases."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Table, func, select, text, update

from config.container import Container
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.avatar.service import avatar_of
from pipeline.intake.accept import accept
from pipeline.intake.records import Door
from pipeline.kernel import clock
from pipeline.kernel.errors import ProofdeskError
from pipeline.kernel.idempotency import Once
from pipeline.kernel.validation import parse_submission
from pipeline.membership.views import membership_of
from pipeline.review.claims.service import claim_next
from pipeline.review.decisions.decide import decide
from pipeline.review.decisions.undo import undo
from pipeline.review.tables import claim as claim_table
from pipeline.submission import lifecycle
from pipeline.submission.audit import audit
from pipeline.submission.lifecycle import Transition
from pipeline.tasks import operate
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import INSPECT, KINDS, Kind, TaskState
from pipeline.tasks.tables import task
from pipeline.workflows.review_case import review_case
from pipeline.workflows.submission_views import submission_of
from schemas.cases import Case
from schemas.claims import Claim
from schemas.decisions import Decided, DecisionRequest
from schemas.members import AvatarView, MembershipView
from schemas.submissions import Accepted, SubmissionView
from tests.support.bodies import FACTS, avatar_body, verification_body
from tests.support.files import photo
from tests.support.people import acting
from tests.support.servers import kept_keys, mail_folder
from workers.actors import WORK

ENOUGH = 200


class Desk:
    """Everything goes to the real servers of `tools`."""

    def __init__(self, tools: Container) -> None:
        self.tools = tools

    def over(self, tools: Container) -> "Desk":
        """The same servers under other rules."""
        return Desk(tools)

    # What upstream does

    def upload(self, body: bytes, *, media_type: str = "image/jpeg") -> str:
        key = f"upload/{uuid4()}"
        self.tools.storage.put_upload(key, body, media_type=media_type)
        return key

    def accept(self, body: Mapping[str, Any], *, request: Once | None = None) -> Accepted:
        return accept(
            parse_submission(body),
            door=Door("http", "test", "trace-1"),
            now=clock.now(),
            context=self.tools.intake,
            request=request,
        )

    def submit_avatar(self, member_id: str = "m-1", *, body: bytes | None = None, **file: Any) -> UUID:
        key = self.upload(photo() if body is None else body)
        return self.accept(avatar_body(key, member_id=member_id, **file)).id

    def submit_verification(
        self, member_id: str = "m-1", *, stage: str = "verified", body: bytes | None = None
    ) -> UUID:
        """By a wholesaler, whose one material is a bank statement."""
        key = self.upload(photo() if body is None else body)
        return self.accept(verification_body({"bank_statement": key}, member_id=member_id, stage=stage)).id

    # What workers do

    def run_due(self, *kinds: Kind) -> int:
        """Do every due task (of these kinds), and those that follow from them, as a worker would. Returns how many."""
        done = 0
        while due := self._due(kinds):
            for row in due:
                self.perform(row.id, KINDS[row.kind])
            done += len(due)
            assert done < ENOUGH, "tasks keep coming"
        return done

    def perform(self, task_id: UUID, kind: Kind, *, tools: Container | None = None) -> None:
        tools = tools or self.tools
        with tools.ledger.work(kind, str(task_id)) as held:
            if held is not None:
                WORK[kind](held, tools)

    def finish_late(self, held: Task, *, tools: Container) -> None:
        """A worker that has long lost its lease goes on with its work."""
        with suppress(ProofdeskError):
            WORK[held.kind](held, tools)

    def inspect(self) -> None:
        self.run_due(INSPECT)

    def clear(self, submission_id: UUID) -> UUID:
        """Put a submission into review without looking at its files."""
        with self.tools.db.begin() as connection:
            lifecycle.transition(connection, submission_id, Transition.CLEARED, actor="test")
            connection.execute(update(task).where(task.c.ref_id == str(submission_id)).values(state=TaskState.DONE))
        return submission_id

    def case_waiting(self, member_id: str = "m-1", *, kind: str = "avatar", stage: str = "verified") -> UUID:
        """A submission in review whose files nobody has looked at, for tests of the queue alone."""
        body = avatar_body(member_id=member_id)
        if kind == "verification":
            body = verification_body(member_id=member_id, stage=stage)
        return self.clear(self.accept(body).id)

    def _due(self, kinds: Sequence[Kind]) -> Sequence[Row[Any]]:
        query = (
            select(task).where(task.c.state == "ready", task.c.due_at <= func.now()).order_by(task.c.due_at, task.c.id)
        )
        if kinds:
            query = query.where(task.c.kind.in_([kind.name for kind in kinds]))
        with self.tools.db.read() as connection:
            return connection.execute(query).all()

    # What reviewers do

    def claim_next(self, reviewer: str = "r-1", *, kinds: Sequence[str] = ()) -> Claim | None:
        add_reviewer(reviewer, db=self.tools.db)
        return claim_next(reviewer_id=reviewer, kinds=kinds, context=self.tools.review)

    def claimed(self, reviewer: str = "r-1") -> Claim:
        """The next case, which there must be."""
        taken = self.claim_next(reviewer)
        assert taken is not None
        return taken

    def case(self, held: Claim) -> Case:
        return review_case(held.id, reviewer_id=held.reviewer, context=self.tools.review)

    def request(self, held: Claim, verdict: str = "approve", **more: Any) -> DecisionRequest:
        """A decision with everything that the policy asks for."""
        case = self.case(held)
        answers = [
            {
                "material_id": each.id,
                "checklist": {item.code: True for item in each.checklist},
                "facts": {fact: FACTS[fact] for item in each.checklist for fact in item.facts},
            }
            for each in case.materials
        ]
        reasons = [case.reasons[0].code]
        said = {"materials": answers} if verdict == "approve" else {"reasons": reasons}
        fixed = {"token": held.token, "fence": held.fence, "version": case.version, "verdict": verdict}
        return DecisionRequest.model_validate({**fixed, **said, **more})

    def decide(self, held: Claim, request: DecisionRequest, *, once: Once | None = None) -> Decided:
        two_people = self.tools.policy.review.four_eyes
        with acting(self.tools, held.reviewer) if two_people else nullcontext():
            return decide(held.id, request, reviewer_id=held.reviewer, context=self.tools.review, request=once)

    def approve(self, held: Claim | None = None, **more: Any) -> Decided:
        held = held or self.claimed()
        return self.decide(held, self.request(held, "approve", **more))

    def reject(self, held: Claim | None = None, **more: Any) -> Decided:
        held = held or self.claimed()
        return self.decide(held, self.request(held, "reject", **more))

    def undo(self, decision_id: UUID, *, reviewer: str = "r-1", once: Once | None = None) -> Claim:
        return undo(decision_id, reviewer_id=reviewer, context=self.tools.review, request=once)

    # What there is to see

    def submission(self, submission_id: UUID) -> SubmissionView:
        return submission_of(submission_id, db=self.tools.db, policy=self.tools.policy)

    def state(self, submission_id: UUID) -> str:
        return self.submission(submission_id).state

    def avatar(self, member_id: str = "m-1") -> AvatarView:
        return avatar_of(member_id, db=self.tools.db, public_url="https://cdn.example.com")

    def membership(self, member_id: str = "m-1") -> MembershipView:
        return membership_of(member_id, db=self.tools.db, policy=self.tools.policy)

    def rows(self, table: Table) -> Sequence[Row[Any]]:
        with self.tools.db.read() as connection:
            return connection.execute(select(table).order_by(*table.primary_key.columns)).all()

    def tasks(self, kind: Kind | None = None) -> Sequence[Row[Any]]:
        return [row for row in self.rows(task) if kind is None or row.kind == kind.name]

    def only_task(self, kind: Kind | None = None) -> Row[Any]:
        (row,) = self.tasks(kind)
        return row

    def parked(self) -> list[str]:
        """The reasons of what operators see as parked."""
        return [str(row["last_error"]) for row in operate.tasks(self.tools.db, state=TaskState.PARKED, kind=None)]

    def history(self, submission_id: UUID) -> list[str]:
        return [row.event for row in self.rows(audit) if row.submission_id == submission_id]

    def audited(self) -> Sequence[Row[Any]]:
        """The history, without how people and keys came to the desk, and without who only read."""
        return [row for row in self.rows(audit) if not row.event.startswith(("reviewer.", "key.", "member.read"))]

    def mails(self) -> list[EmailMessage]:
        """What was handed over, the oldest first."""
        files = sorted(mail_folder(self.tools).glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.SMTP) for path in files]

    def waiting_for_locks(self) -> int:
        """How many transactions stand still until another one ends."""
        return int(self.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0][0])

    def keys(self, bucket: str) -> list[str]:
        return kept_keys(self.tools, bucket)

    # What time does

    def let_lease_expire(self, task_id: UUID) -> None:
        self._change(update(task).where(task.c.id == task_id).values(lease_until=func.now() - timedelta(seconds=1)))

    def let_backoff_pass(self) -> None:
        waiting = task.c.state == TaskState.READY
        self._change(update(task).where(waiting).values(due_at=func.now() - timedelta(seconds=1)))
        with self.tools.db.begin() as connection:
            connection.execute(text("UPDATE webhook_delivery SET due_at = now() - interval '1 second' WHERE tries > 0"))
            connection.execute(text("UPDATE webhook_endpoint SET rests_until = NULL"))

    def let_hints_age(self, seconds: float) -> None:
        self._change(update(task).values(hinted_at=task.c.hinted_at - timedelta(seconds=seconds)))

    def let_claim_expire(self, held: Claim) -> None:
        past = func.now() - timedelta(seconds=1)
        self._change(update(claim_table).where(claim_table.c.id == held.id).values(lease_until=past))

    def sql(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        """Run a statement as the database's owner, who may do what the application may not."""
        with self.tools.owner.begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else []

    def _change(self, statement: Any) -> None:
        with self.tools.db.begin() as connection:
            assert connection.execute(statement).rowcount
