import pytest

from pipeline.kernel.errors import Forbidden
from pipeline.review.actions import Action, allowed_actions, chosen_queues, queues_for, require_action
from pipeline.review.decisions.rules import four_eyes
from pipeline.submission.lifecycle import Queue

EVERYTHING = ("approve", "reject", "better_file", "escalate", "hand_over", "skip", "release")


def without(*left_out: str) -> tuple[str, ...]:
    return tuple(each for each in EVERYTHING if each not in left_out)


@pytest.mark.parametrize(
    ("roles", "queues"),
    [
        (["reviewer"], ["avatar", "verification"]),
        (["senior"], ["avatar", "verification", "second", "senior"]),
        (["lead"], []),
        (["admin"], []),
        (["lead", "reviewer"], ["avatar", "verification"]),
    ],
)
def test_roles_give_queues(roles: list[str], queues: list[str]) -> None:
    assert list(queues_for(roles)) == queues


def test_one_may_ask_for_a_queue_that_ones_roles_give() -> None:
    assert chosen_queues(["senior"], ["senior"]) == (Queue.SENIOR,)


@pytest.mark.parametrize(("roles", "asked"), [(["reviewer"], ["senior"]), (["reviewer"], ["second"]), (["lead"], [])])
def test_a_queue_that_ones_roles_do_not_give_is_forbidden(roles: list[str], asked: list[str]) -> None:
    with pytest.raises(Forbidden, match="needs the role"):
        chosen_queues(roles, asked)


@pytest.mark.parametrize(
    ("roles", "queue", "has_files", "allowed"),
    [
        (["reviewer"], "avatar", True, EVERYTHING),
        (["reviewer"], "verification", False, without("better_file")),
        (["reviewer"], "second", True, ("skip", "release")),
        (["lead"], "avatar", True, ("skip", "release")),
        (["senior"], "second", True, EVERYTHING),
        (["senior"], "senior", True, without("escalate")),
    ],
)
def test_what_is_allowed_follows_from_role_queue_and_files(
    roles: list[str], queue: str, allowed: tuple[str, ...], *, has_files: bool
) -> None:
    assert allowed_actions(roles, queue=queue, has_files=has_files) == allowed


def test_what_is_not_allowed_is_refused_with_what_is() -> None:
    with pytest.raises(Forbidden, match=r"ask for a better file of this case\. You may: skip, release"):
        require_action(Action.BETTER_FILE, (Action.SKIP, Action.RELEASE))


@pytest.mark.parametrize(
    ("verdict", "needs_two", "opinions", "leads_to"),
    [
        ("approve", False, [], "final"),
        ("approve", True, [], "second"),
        ("reject", True, [], "second"),
        ("approve", True, ["approve"], "final"),
        ("reject", True, ["reject"], "final"),
        ("reject", True, ["approve"], "split"),
        ("reject", False, ["approve"], "split"),
        ("approve", False, ["approve"], "final"),
        ("approve", True, ["approve", "reject"], "final"),
        ("reject", True, ["approve", "reject"], "final"),
        ("better_file", True, [], "final"),
        ("better_file", True, ["approve"], "final"),
    ],
)
def test_a_verdict_leads_where_the_others_opinions_let_it(
    verdict: str, opinions: list[str], leads_to: str, *, needs_two: bool
) -> None:
    assert four_eyes(verdict, needs_two=needs_two, opinions=opinions) == leads_to
