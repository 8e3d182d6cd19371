from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class TaskState(StrEnum):
    """The state of a task. A `parked` one waits for an operator and is never tried by itself."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: the dramatiq queue and actor that do it, its lease and time limit in seconds, and how often it is tried.

    The time limit is shorter than the lease, so that a worker stops before somebody else may start. Work in steps that renews the
    lease before each has a lease for a step and a limit for all of them.
    """

    name: str
    queue: str
    actor: str
    lease_seconds: int
    limit_seconds: int
    max_tries: int
    backoff_seconds: float = 1.0
    backoff_cap_seconds: float = 60.0
    wait_cap_seconds: float = 30.0
    renews: bool = False


WEBHOOKS: Final = "webhooks"
"""The queue of what waits for other services. Nothing else is in it, and workers have threads for it alone."""

INSPECT: Final = Kind("submission.inspect", "inspection", "inspect_submission", 60, 600, 6, renews=True)
ACCEPT: Final = Kind("submission.accept", "effects", "accept_parked_submission", 30, 20, 3)
PUBLISH_AVATAR: Final = Kind("avatar.publish", "effects", "publish_avatar", 45, 35, 12)
REMOVE_AVATAR: Final = Kind("avatar.remove", "effects", "remove_avatar", 45, 35, 12)
UNLOCK_STAGE: Final = Kind("membership.unlock", "effects", "unlock_stage", 30, 20, 12)
SEND_MAIL: Final = Kind("mail.send", "notification", "send_mail", 45, 35, 20)
JUDGE_NUMBER: Final = Kind("tax_number.judge", "effects", "judge_tax_number", 45, 35, 12)
DECIDE_TEST: Final = Kind("test.decide", "effects", "decide_test", 30, 20, 12)
SEND_CODE: Final = Kind("code.send", "notification", "send_code", 45, 35, 20)
EXPIRE_CODE: Final = Kind("code.expire", "effects", "expire_code", 30, 20, 12)
DELIVER_EVENT: Final = Kind("event.deliver", WEBHOOKS, "deliver_event", 90, 80, 20)
REPLAY_EVENTS: Final = Kind("event.replay", WEBHOOKS, "replay_events", 60, 600, 12, renews=True)
FORGET_FILES: Final = Kind("material.forget", "effects", "forget_files", 45, 35, 12)
FORGET_UPLOADS: Final = Kind("upload.forget", "effects", "forget_uploads", 45, 35, 12)
SWEEP_STORAGE: Final = Kind("storage.sweep", "effects", "sweep_storage", 300, 240, 3)
FORGET_OLD: Final = Kind("ledger.forget", "effects", "forget_old", 60, 600, 3, renews=True)
RETAIN: Final = Kind("retention.sweep", "effects", "sweep_retention", 60, 1800, 3, renews=True)
ERASE_MEMBER: Final = Kind("member.erase", "effects", "erase_member", 60, 600, 12, renews=True)
WATCH_SLA: Final = Kind("promise.watch", "effects", "watch_promises", 60, 600, 3, renews=True)

CHECKPOINT_AUDIT: Final = Kind("audit.checkpoint", "effects", "checkpoint_audit", 45, 35, 3)

KINDS: Final[Mapping[str, Kind]] = {each.name: each for each in tuple(globals().values()) if isinstance(each, Kind)}
"""Every kind above by its name."""

QUEUES: Final = ("intake", "inspection", "effects", "notification", WEBHOOKS)


def backoff(kind: Kind, tries: int, *, jitter: float) -> float:
    """Seconds until the next try after `tries` failed ones: doubling up to the cap, spread by `jitter` in [0, 1) over 50–100 %."""
    full = min(kind.backoff_cap_seconds, kind.backoff_seconds * 2 ** min(tries - 1, 20))
    return float(full * (0.5 + jitter / 2))


def pause(kind: Kind, waits: int, *, jitter: float) -> float:
    """Seconds until the next try after a dependency was away `waits` times: as `backoff`, with a lower cap.

    A try behind an open circuit costs no time-out. So the cap is short enough that nobody waits for minutes, and long enough that
    thousands of stalled tasks leave the workers room for other work. Most are resumed before (`pipeline/tasks/stalled.py`).
    """
    return backoff(replace(kind, backoff_cap_seconds=kind.wait_cap_seconds), waits, jitter=jitter)
