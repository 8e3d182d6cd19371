"""What the task ledger promises, in plain Python: the model that the real ledger is held against."""

from dataclasses import dataclass, replace

from pipeline.tasks.rules import FORGET_OLD, TaskState

HOUR = 3600
KIND = replace(
    FORGET_OLD,
    max_tries=3,
    lease_seconds=HOUR,
    backoff_seconds=HOUR,
    backoff_cap_seconds=2 * HOUR,
    wait_cap_seconds=2 * HOUR,
)
"""Nothing runs out or falls due by itself while a test looks: only a rule lets time pass."""

NEVER, LATELY, LOST = "never", "lately", "lost"


@dataclass
class Entry:
    """One task: where it is, and what a worker, the relay or an operator may do with it."""

    due: bool
    hinted: str
    state: TaskState = TaskState.READY
    token: int = 0
    attempts: int = 0
    waits: int = 0
    expired: bool = False
    effects: int = 0

    def shown(self) -> tuple[object, ...]:
        return self.state, self.token, self.attempts, self.waits, self.hinted, self.effects

    def claim(self) -> bool:
        """Whether a worker gets it. One that was tried too often is parked instead."""
        if self.state is not TaskState.READY or not self.due:
            return False
        self.token += 1
        if self.attempts >= KIND.max_tries:
            self.state = TaskState.PARKED
            return False
        self.state, self.attempts, self.expired = TaskState.RUNNING, self.attempts + 1, False
        return True

    def is_held(self, token: int) -> bool:
        return self.state is TaskState.RUNNING and self.token == token

    def finish(self) -> None:
        self.state, self.effects = TaskState.DONE, self.effects + 1

    def wait(self) -> None:
        """What it needs is away: it goes back without a try used up."""
        self.attempts, self.waits = self.attempts - 1, self.waits + 1
        self._back(due=False)

    def fail(self) -> None:
        if self.attempts >= KIND.max_tries:
            self.state = TaskState.PARKED
        else:
            self._back(due=False)

    def park(self) -> None:
        self.state = TaskState.PARKED

    def sweep(self) -> bool:
        swept = self.state is TaskState.RUNNING and self.expired
        if swept:
            self._back(due=True)
        return swept

    def wants_hint(self) -> bool:
        return self.state is TaskState.READY and self.due and self.hinted != LATELY

    def retry(self) -> None:
        self.attempts = self.waits = 0
        self.state, self.due, self.hinted = TaskState.READY, True, LATELY

    def _back(self, *, due: bool) -> None:
        self.state, self.due, self.hinted = TaskState.READY, due, NEVER
