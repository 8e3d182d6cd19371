"""What a reviewer may do with a case that they have claimed: clients offer this, and the use cases require it. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from pipeline.access.staff.rules.roles import Right, may, require
from pipeline.kernel.errors import Forbidden, Invalid, Problem
from pipeline.submission.lifecycle import Queue


class Action(StrEnum):
    """What can be done with a case."""

    APPROVE = "approve"
    REJECT = "reject"
    BETTER_FILE = "better_file"
    ESCALATE = "escalate"
    HAND_OVER = "hand_over"
    SKIP = "skip"
    RELEASE = "release"


RIGHT_FOR: Final[Mapping[Queue, Right]] = {
    Queue.AVATAR: Right.REVIEW,
    Queue.VERIFICATION: Right.REVIEW,
    Queue.SECOND: Right.SECOND,
    Queue.SENIOR: Right.SETTLE,
}
"""What it takes to work on a queue."""

GIVING_BACK: Final = (Action.SKIP, Action.RELEASE)
WORDS: Final[Mapping[Action, str]] = {Action.BETTER_FILE: "ask for a better file of", Action.HAND_OVER: "hand over"}


def queues_for(roles: Iterable[str]) -> tuple[Queue, ...]:
    """The queues that somebody with these roles works on."""
    own = tuple(roles)
    return tuple(queue for queue, right in RIGHT_FOR.items() if may(own, right))


def chosen_queues(roles: Iterable[str], wanted: Iterable[str]) -> tuple[Queue, ...]:
    """The queues to claim from: those that were asked for, or all that the roles give. Raises Forbidden, Invalid."""
    own = tuple(roles)
    asked = tuple(map(_queue, wanted))
    for queue in asked:
        require(own, RIGHT_FOR[queue])
    if not asked:
        require(own, Right.REVIEW)
    return asked or queues_for(own)


def _queue(name: str) -> Queue:
    if name not in set(Queue):
        raise Invalid([Problem("queue", "unknown_queue", f"There is no such queue. Use one of {', '.join(Queue)}.")])
    return Queue(name)


def allowed_actions(roles: Iterable[str], *, queue: str, has_files: bool) -> tuple[Action, ...]:
    """What may be done with a case in `queue`; without the role for its queue one may only give it back."""
    if not may(roles, RIGHT_FOR[Queue(queue)]):
        return GIVING_BACK
    left_out = {Action.BETTER_FILE: not has_files, Action.ESCALATE: queue == Queue.SENIOR}
    return tuple(action for action in Action if not left_out.get(action, False))


def require_action(action: Action, allowed: Iterable[Action]) -> None:
    """Raises Forbidden with what may be done instead."""
    possible = tuple(allowed)
    if action not in possible:
        instead = ", ".join(possible)
        raise Forbidden(f"You may not {WORDS.get(action, action)} this case. You may: {instead}.")
