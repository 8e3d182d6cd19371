"""A submission's life under any order of what can happen to it, held against the model after every step."""

from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from config.container import Container
from pipeline.intake.accept import withdraw
from pipeline.kernel.errors import AttemptsExhausted, ClaimCapReached, Conflict, NotFound, StageAlreadyUnlocked
from pipeline.review.claims import lease, service
from pipeline.review.decisions.undo import undo
from pipeline.submission.lifecycle import State, Transition
from pipeline.tasks.relay import sweep_leases
from pipeline.tasks.rules import INSPECT, KINDS, SEND_MAIL
from schemas.claims import Claim
from schemas.decisions import Decided
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.life_model import CAP, LIMIT, Grip, Life, Model, Ruling
from tests.support.life_rows import audited, decision_request, emptied, seen
from tests.support.machines import effort
from tests.support.servers import mail_folder, variant

MEMBERS = st.sampled_from(["m-1", "m-2"])
REVIEWERS = st.sampled_from(["r-1", "r-2", "r-3"])
VERDICTS = st.sampled_from(["approve", "approve", "reject"])
SPOILED = st.sampled_from([None, None, None, "version", "token", "fence"])
ANY = st.integers(min_value=0, max_value=99)
FEW_TRIES = 3


class LifeMachine(RuleBasedStateMachine):
    """Members, reviewers and workers in any order; some workers come back long after their lease is lost."""

    lives: Bundle[Life] = Bundle("lives")
    grips: Bundle[Grip] = Bundle("grips")
    rulings: Bundle[Ruling] = Bundle("rulings")

    def __init__(self, tools: Container) -> None:
        super().__init__()
        self.desk = Desk(tools)
        self.model = Model()
        self.late: list[Any] = []
        emptied(self.desk)
        self.mails_before = set(mail_folder(tools).glob("*.eml"))
        self.photo = photo(seed=1)
        self.good: set[str] = set()

    @initialize(target=grips, takers=st.lists(REVIEWERS, min_size=2, max_size=4))
    def begin_in_the_middle(self, takers: list[str]) -> Any:
        """Each member has an avatar and a statement in review, and some of them are claimed."""
        for member in ("m-1", "m-2"):
            self.send_an_avatar(member, good=True)
            self.send_a_verification(member)
        for life in self.model.lives.values():
            self._inspected(life, looks=life.kind == "avatar")
        free = (who for who in takers if not self.model.at_cap(who))
        return multiple(*[self._granted(claim) for claim in map(self._next, free) if claim])

    # What members do

    @rule(target=lives, member=MEMBERS, good=st.sampled_from([True, True, False]))
    def send_an_avatar(self, member: str, *, good: bool) -> Life:
        older = self.model.open_avatars(member)
        key = self._uploaded() if good else "upload/never-came"
        accepted = self.desk.accept(avatar_body(key, member_id=member))
        assert set(accepted.superseded) == {each.id for each in older}
        assert all(each.takes(Transition.SUPERSEDED) for each in older)
        return self._accepted(accepted.id, member, "avatar", None)

    @rule(target=lives, member=MEMBERS)
    def send_a_verification(self, member: str) -> Any:
        body = verification_body({"bank_statement": "upload/never-came"}, member_id=member)
        chance = self.model.free_chance(member)
        if chance is None or self.model.unlocked(member):
            with pytest.raises((StageAlreadyUnlocked, AttemptsExhausted)):
                self.desk.accept(body)
            return multiple()
        accepted = self.desk.accept(body)
        assert accepted.chance == chance
        return self._accepted(accepted.id, member, "verification", chance)

    @rule(life=lives)
    def withdraw(self, life: Life) -> None:
        if life.takes(Transition.WITHDRAWN):
            withdraw(life.id, caller="test", db=self.desk.tools.db)
        else:
            with pytest.raises(Conflict):
                withdraw(life.id, caller="test", db=self.desk.tools.db)

    # What workers do

    @precondition(lambda self: any(each.state is State.RECEIVED for each in self.model.lives.values()))
    @rule(at=ANY, looks=st.sampled_from([True, True, False]))
    def inspect(self, at: int, *, looks: bool) -> None:
        """A statement is put into review unseen, or looked at and missed; an avatar is looked at."""
        waiting = [each for each in self.model.lives.values() if each.state is State.RECEIVED]
        self._inspected(waiting[at % len(waiting)], looks=looks)

    def _inspected(self, life: Life, *, looks: bool) -> None:
        if life.kind == "verification" and not looks:
            self.desk.clear(life.id)
            assert life.takes(Transition.CLEARED)
            return
        (row,) = [each for each in self.desk.tasks(INSPECT) if each.ref_id == str(life.id)]
        self.desk.perform(row.id, INSPECT)
        good = seen(self.desk, life.id) in self.good
        assert life.takes(Transition.CLEARED if good else Transition.REFUSED)

    @rule(at=ANY)
    def carry_out_an_effect(self, at: int) -> None:
        due = self._effects()
        if due:
            self._carried_out(due[at % len(due)])

    @rule(ruling=rulings)
    def let_effects_follow(self, ruling: Ruling) -> None:
        """The undo window passes and workers have nothing else to do."""
        self.let_the_undo_window_pass(ruling)
        while due := self._effects():
            self._carried_out(due[0])

    @rule(at=ANY)
    def lose_a_worker_that_holds_a_task(self, at: int) -> None:
        due = [each for each in self._due() if each.token < FEW_TRIES]
        if due:
            row = due[at % len(due)]
            held = self.desk.tools.ledger.claim(KINDS[row.kind], str(row.id))
            assert held is not None
            self.late.append(held)
            self.desk.let_lease_expire(row.id)
            assert sweep_leases(self.desk.tools.db) == 1

    @precondition(lambda self: self.late)
    @rule(at=ANY)
    def a_lost_worker_goes_on(self, at: int) -> None:
        self.desk.finish_late(self.late[at % len(self.late)], tools=self.desk.tools)

    # What reviewers do

    @rule(target=grips, reviewer=REVIEWERS)
    def claim(self, reviewer: str) -> Any:
        if self.model.at_cap(reviewer):
            with pytest.raises(ClaimCapReached):
                self.desk.claim_next(reviewer)
            return multiple()
        claim = self._next(reviewer)
        return self._granted(claim) if claim else multiple()

    @rule(grip=grips, how=st.sampled_from(["renew", "release", "skip", "run out", "be swept"]))
    def use_a_claim(self, grip: Grip, how: str) -> None:
        if how == "renew":
            self._renew(grip)
        elif how == "run out":
            self.desk.let_claim_expire(grip.claim)
            grip.expired = True
        elif how == "be swept":
            assert service.sweep_claims(self.desk.tools.db) == self.model.sweep()
        else:
            self._release(grip, skip="I know them" if how == "skip" else None)

    def _renew(self, grip: Grip) -> None:
        mine = (grip.claim.id, grip.claim.token)
        more: dict[str, Any] = {
            "context": self.desk.tools.review,
            "reviewer_id": grip.claim.reviewer,
        }
        if grip.good:
            lease.renew(*mine, **more)
        else:
            with pytest.raises(Conflict):
                lease.renew(*mine, **more)

    def _release(self, grip: Grip, *, skip: str | None) -> None:
        mine = (grip.claim.id, grip.claim.token)
        more: dict[str, Any] = {
            "context": self.desk.tools.review,
            "reviewer_id": grip.claim.reviewer,
            "skip_reason": skip,
        }
        if not grip.good:
            with pytest.raises(Conflict):
                service.release(*mine, **more)
            return
        service.release(*mine, **more)
        grip.live = False
        if skip:
            self.model.skipped.add((grip.claim.submission_id, grip.claim.reviewer))

    @rule(target=rulings, grip=grips, verdict=VERDICTS, spoiled=SPOILED)
    def decide(self, grip: Grip, verdict: str, spoiled: str | None) -> Any:
        life = self.model.lives[grip.claim.submission_id]
        request = decision_request(self.desk, grip.claim, verdict, version=life.version, spoiled=spoiled)
        if not grip.good or spoiled or life.state is not State.IN_REVIEW:
            with pytest.raises((Conflict, NotFound)):
                self.desk.decide(grip.claim, request)
            return multiple()
        decided = self.desk.decide(grip.claim, request)
        grip.live = False
        return self._decided(life, decided, grip.claim.reviewer)

    @precondition(lambda self: any(grip.good for grip in self.model.grips))
    @rule(target=rulings, at=ANY, verdict=VERDICTS)
    def decide_what_is_held(self, at: int, verdict: str) -> Any:
        good = [grip for grip in self.model.grips if grip.good]
        return self.decide(good[at % len(good)], verdict, None)

    @rule(target=rulings, verdict=VERDICTS)
    def work_off_the_queue(self, verdict: str) -> Any:
        """Avatars that wait for it are inspected, and one reviewer decides on all that waits for one."""
        for life in self.model.lives.values():
            if (life.kind, life.state) == ("avatar", State.RECEIVED):
                self._inspected(life, looks=True)
        made = []
        while not self.model.at_cap("r-3") and (claim := self._next("r-3")):
            made.append(self.decide(self._granted(claim), verdict, None))
        return multiple(*made)

    @rule(target=grips, ruling=rulings, reviewer=REVIEWERS, late=st.booleans())
    def undo(self, ruling: Ruling, reviewer: str, *, late: bool) -> Any:
        if late:
            self.let_the_undo_window_pass(ruling)
        if not self.model.can_undo(ruling, reviewer):
            with pytest.raises((Conflict, NotFound)):
                undo(ruling.id, reviewer_id=reviewer, context=self.desk.tools.review)
            return multiple()
        return self._undone(ruling)

    @precondition(lambda self: self._undoable())
    @rule(target=grips, at=ANY)
    def undo_in_time(self, at: int) -> Grip:
        return self._undone(self._undoable()[at % len(self._undoable())])

    # What time does

    @rule(ruling=rulings)
    def let_the_undo_window_pass(self, ruling: Ruling) -> None:
        self.desk.sql(
            "UPDATE task SET due_at = now() - interval '1 second' WHERE ref_id = :id AND due_at > now() AND state = 'ready'",
            id=str(ruling.id),
        )
        ruling.due = True

    # What must hold

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        lives, grips, rulings = self.model.lives.values(), self.model.grips, self.model.rulings.values()
        real = audited(self.desk)
        assert real.lives == {each.id: (each.state, each.version, each.chance) for each in lives}
        assert real.live_claims == sorted(grip.claim.submission_id for grip in grips if grip.live)
        assert real.standing == {each.life.id: each.verdict for each in rulings if each.standing}
        assert real.mails == self.model.mails()
        members = {each.member for each in lives}
        assert real.avatars == {who: self.model.avatar(who) for who in members if self.model.avatar(who)}
        assert real.levels == {who: "verified" for who in members if self.model.unlocked(who)}

    def teardown(self) -> None:
        """Whatever came before: once the windows are over and workers come, each that was told was told once."""
        self.desk.sql("UPDATE task SET due_at = now() - interval '1 second' WHERE state = 'ready'")
        self.desk.run_due()
        real = audited(self.desk)
        after = set(mail_folder(self.desk.tools).glob("*.eml")) - self.mails_before
        ids = sorted(message_from_bytes(path.read_bytes())["Message-ID"] for path in after)
        assert ids == sorted(real.message_ids)
        assert set(real.mails.values()) <= {"sent", "withdrawn"}
        assert {row.state for row in self.desk.tasks()} <= {"done"}

    def _uploaded(self) -> str:
        """A new one for each avatar: an upload is deleted once a copy of it was inspected."""
        key = self.desk.upload(self.photo)
        self.good.add(key)
        return key

    def _due(self) -> list[Any]:
        return sorted(self.desk._due(()), key=lambda row: row.id)  # noqa: SLF001  (the desk's own list)

    def _effects(self) -> list[Any]:
        return [row for row in self._due() if row.kind != INSPECT.name]

    def _accepted(self, submission_id: UUID, member: str, kind: str, chance: int | None) -> Life:
        self.model.lives[submission_id] = life = Life(submission_id, member, kind, chance)
        return life

    def _next(self, reviewer: str) -> Claim | None:
        waiting = self.model.waiting_for(reviewer)
        self.model.sweep()
        claim = self.desk.claim_next(reviewer)
        assert (claim.submission_id in waiting) if claim else not waiting
        return claim

    def _undoable(self) -> list[Ruling]:
        return [ruling for ruling in self.model.rulings.values() if self.model.can_undo(ruling, ruling.reviewer)]

    def _undone(self, ruling: Ruling) -> Grip:
        claim = undo(ruling.id, reviewer_id=ruling.reviewer, context=self.desk.tools.review)
        ruling.standing = False
        assert ruling.life.takes(Transition.REOPENED)
        if ruling.life.kind == "verification" and self.model.unlocked(ruling.life.member):
            assert ruling.life.takes(Transition.SUPERSEDED_BY_UNLOCK)
        return self._granted(claim)

    def _granted(self, claim: Claim) -> Grip:
        grip = Grip(claim)
        self.model.grips.append(grip)
        return grip

    def _decided(self, life: Life, decided: Decided, reviewer: str) -> Ruling:
        assert life.takes(Transition.APPROVED if decided.verdict == "approve" else Transition.REJECTED)
        self.model.rulings[decided.id] = ruling = Ruling(decided.id, life, decided.verdict, reviewer)
        return ruling

    def _carried_out(self, row: Any) -> None:
        self.desk.perform(row.id, KINDS[row.kind])
        cause = UUID(row.ref_id)
        if row.kind == SEND_MAIL.name:
            self.model.told.add(cause)
        elif cause in self.model.rulings:
            self.model.carry_out(self.model.rulings[cause])


def test_a_submission_keeps_its_promises_in_any_order_of_events(tools: Container) -> None:
    review = tools.policy.review.model_copy(update={"undo_window_seconds": 3600, "claims_per_reviewer": CAP})
    attempts = tools.policy.attempts.model_copy(update={"per_method": LIMIT})
    changed = variant(tools, policy=tools.policy.model_copy(update={"review": review, "attempts": attempts}))

    class OnRealServers(LifeMachine):
        def __init__(self) -> None:
            super().__init__(changed)

    run_state_machine_as_test(OnRealServers, settings=effort(examples=16, steps=30))
