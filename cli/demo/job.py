import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cli.demo import checks
from cli.demo.clients import Upstream
from cli.demo.demo_file import demo_file
from cli.demo.mailbox import Mail, Mailbox
from cli.demo.plan import CHANCES, Plan, Sent, seconds_of
from cli.demo.reviewer import Reviewer
from cli.demo.spending import BUYER, STAGE, Spending

POLL_SECONDS: Final = 0.3
DEADLINE_SECONDS: Final = 300
OPEN: Final = frozenset({"received", "in_review", "awaiting_code"})
_FINAL: Final = frozenset({"done", "sent"})


class Job:
    """One run of the demo. `on_ended` is called with each submission that has ended."""

    def __init__(
        self,
        plans: Sequence[Plan],
        upstream: Upstream,
        *,
        mail_folder: Path,
        run: str,
        on_ended: Callable[[Sent], None],
    ) -> None:
        self._waiting = list(plans)
        self._upstream = upstream
        self._mailbox, self._run, self._on_ended = Mailbox(mail_folder), run, on_ended
        self.sent: dict[str, Sent] = {}
        self.replaced: list[str] = []
        self.levels_before: dict[str, str] = {}
        self.levels_after: dict[str, str] = {}
        self.changes: dict[str, Sequence[Mapping[str, Any]]] = {}
        self.sixth: dict[str, str] = {}
        self.mails: Sequence[Mail] = ()
        self.differences: list[str] = []
        buyer = next(plan for plan in plans if plan.person.key == BUYER)
        member, address = upstream.member_id(buyer), upstream.email(buyer)
        self._spending = Spending(upstream.api, member_id=member, address=address, run=run)

    def submit_first(self) -> None:
        """Read every member's level, send the submissions that come after no other, and send the buyer's orders."""
        for plan in self._waiting:
            member = self._upstream.member_id(plan)
            self.levels_before.setdefault(member, self._membership(member)["level"])
        self._submit(plan for plan in list(self._waiting) if plan.after is None)
        self._spending.send_events()

    def follow(self, reviewer: Reviewer) -> None:
        """Send each other submission after the one before it, until all have ended or nothing has gone on for too long.

        A reviewer who sets aside what others have left in the queue goes on, however much that is.
        """
        deadline, seen = time.monotonic() + DEADLINE_SECONDS, self._progress(reviewer)
        while not self._all_ended() and time.monotonic() < deadline:
            if (now := self._progress(reviewer)) != seen:
                deadline, seen = time.monotonic() + DEADLINE_SECONDS, now
            for sent in self.sent.values():
                if not sent.ended:
                    self._update(sent)
            self._submit(
                plan for plan in list(self._waiting) if plan.after in self.sent and self.sent[str(plan.after)].ended
            )
            time.sleep(POLL_SECONDS)
        self.differences += reviewer.errors

    def _progress(self, reviewer: Reviewer) -> tuple[int, int]:
        return sum(sent.ended for sent in self.sent.values()), reviewer.set_aside

    def plan_of(self, submission_id: str) -> Plan | None:
        """The plan of a submission."""
        return next((sent.plan for sent in list(self.sent.values()) if sent.submission_id == submission_id), None)

    def check(self) -> None:
        """Compare all results with the plans."""
        mails = self.mails = self._mails()
        memberships = {member: self._membership(member) for member in self.levels_before}
        self.levels_after = {member: membership["level"] for member, membership in memberships.items()}
        self.changes = {member: membership["history"] for member, membership in memberships.items()}
        self.differences += checks.message_id_differences(mails)
        self.differences += [f"{plan.label}: was never sent" for plan in self._waiting]
        for sent in self.sent.values():
            sent.differences += self._of_submission(sent, mails)
        for member in self.levels_before:
            self.differences += [f"{member}: {difference}" for difference in self._of_member(member)]
        for url in self.replaced:
            self.differences += checks.gone_differences(url)
        self.differences += self._spending.differences(memberships[self._spending.member_id], mails)
        self._submit_beyond_the_last_chance()
        refusal = self._upstream.refused_slot(demo_file("avatar-one_byte_too_large"))
        if refusal != "422 file_too_large":
            self.differences.append(
                f"a slot for an avatar of 3 MiB + 1 byte: {refusal!r}, expected '422 file_too_large'"
            )

    @property
    def as_expected(self) -> bool:
        """Whether there is no difference."""
        return not self.differences and not any(sent.differences for sent in self.sent.values())

    def _submit(self, plans: Iterator[Plan]) -> None:
        for plan in plans:
            self._waiting.remove(plan)
            if plan.after and plan.kind == "avatar" and plan.ends == "approved":
                old = self._avatar(self._upstream.member_id(plan))
                self.replaced += [old["large_url"], old["small_url"]]
            self.sent[plan.label] = Sent(plan, self._upstream.submit(plan))

    def _update(self, sent: Sent) -> None:
        if sent.submission_id is None:
            sent.submission_id = self._found(sent.plan)
        if sent.submission_id is None:
            return
        sent.view = self._upstream.api.get(f"/v1/submissions/{sent.submission_id}")
        if sent.view["state"] == "awaiting_code":
            self._confirm(sent)
            return
        effects = {each["name"]: each["state"] for each in sent.view["effects"]}
        done = effects.keys() >= sent.plan.effects.keys() and set(effects.values()) <= _FINAL
        if sent.view["state"] not in OPEN and done:
            sent.seconds = seconds_of(sent.view)
            self._on_ended(sent)

    def _confirm(self, sent: Sent) -> None:
        """Send back the code, if its mail has arrived."""
        code = self._mailbox.code_to(self._upstream.business_email(sent.plan))
        if code is None:
            return
        answer = self._upstream.api.post(f"/v1/submissions/{sent.submission_id}/code", {"code": code})
        if not answer.raise_for_status().json()["correct"]:
            sent.differences.append(f"the code of the mail was not accepted: {answer.text}")

    def _submit_beyond_the_last_chance(self) -> None:
        """A member without a chance left must be refused."""
        for sent in self.sent.values():
            if sent.plan.chance == CHANCES:
                member = self._upstream.member_id(sent.plan)
                refusal = self.sixth[member] = self._upstream.refused(sent.plan)
                if refusal != "409 attempts_exhausted":
                    self.differences.append(
                        f"{member}: the sixth submission: {refusal!r}, expected '409 attempts_exhausted'"
                    )

    def _mails(self) -> Sequence[Mail]:
        return self._mailbox.to(f".{self._run}@example.com")

    def _found(self, plan: Plan) -> str | None:
        """The submission's id by its member, since the queue door does not answer."""
        page = self._upstream.api.get("/v1/submissions", member_id=self._upstream.member_id(plan))
        return str(page["items"][0]["id"]) if page["items"] else None

    def _all_ended(self) -> bool:
        ended = not self._waiting and all(sent.ended for sent in self.sent.values())
        return ended and self._spending.has_mail(self._mails())

    def _of_submission(self, sent: Sent, mails: Sequence[Mail]) -> Iterator[str]:
        if not sent.view:
            yield "was not found"
            return
        if not sent.ended:
            yield f"did not end, and nothing went on for {DEADLINE_SECONDS} s"
        own = [mail for mail in mails if mail.submission_id == sent.submission_id]
        yield from checks.submission_differences(sent.plan, sent.view, own)

    def _of_member(self, member: str) -> Iterator[str]:
        own = [sent for sent in self.sent.values() if self._upstream.member_id(sent.plan) == member]
        approved = [sent for sent in own if sent.plan.ends == "approved"]
        shown = [sent.submission_id for sent in approved if sent.plan.kind == "avatar"]
        yield from checks.avatar_differences(self._avatar(member), shown[-1] if shown else None)
        verified = [sent.plan for sent in own if sent.plan.stage and sent.plan.ends in {"approved", "rejected"}]
        spent = Counter((str(plan.stage), str(plan.method)) for plan in verified)
        unlocked = [str(plan.stage) for plan in verified if plan.ends == "approved"]
        if member == self._spending.member_id:
            unlocked.append(STAGE)
        yield from checks.membership_differences(self._membership(member), unlocked, spent)

    def _membership(self, member: str) -> Any:
        return self._upstream.api.get(f"/v1/members/{member}/membership")

    def _avatar(self, member: str) -> Any:
        return self._upstream.api.get(f"/v1/members/{member}/avatar")
