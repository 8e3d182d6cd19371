"""Plays a scene to its end once, then again for each point with a kill there, and says what differs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.crash.children import Children, Ended
from tests.crash.edges import MAIL_SENT
from tests.crash.outcome import Outcome, outcome
from tests.crash.recovery import recover, settle, until_buried
from tests.crash.scene import Arrange, Scene
from tests.crash.world import keep, put_back
from tests.support.desk import Desk
from tests.support.http import Api

BEFORE = "before "
"""Between two touches nothing outside changes: a kill before one leaves the world as a kill after the one before it. So of the points
that begin so only the first is played."""

MOST_TRIES = 2
"""The one that was killed, and the one that went through."""


@dataclass(frozen=True)
class Verdict:
    """What is wrong after a kill at `point`, a sentence each; nothing, where the system has recovered."""

    point: str
    wrong: tuple[str, ...]


class Play:
    def __init__(self, desk: Desk, api: Api, children: Children) -> None:
        self._desk, self._api, self._children = desk, api, children

    def verdicts(self, arrange: Arrange) -> Iterator[Verdict]:
        """One for each state of the world in which the scene can be cut off, in the order in which the process passes them."""
        scene = arrange(self._desk, self._api)
        kept = keep(self._desk.tools)
        whole = self._child(scene)
        assert whole.exit_code == 0, f"it fails without a kill: {self._children.told()}"
        assert whole.points, "it touches nothing outside"
        until_buried(self._desk)
        settle(self._desk)
        expected = outcome(self._desk)
        for number, point in enumerate(whole.points):
            if number and point.startswith(BEFORE):
                continue
            put_back(self._desk.tools, kept)
            killed = self._child(scene, die_at=point)
            assert (killed.killed, killed.points) == (True, whole.points[: number + 1]), self._children.told()
            recover(self._desk, scene)
            resends = _in_doubt(whole.points, number)
            yield Verdict(point, tuple(_differences(expected, outcome(self._desk), resends=resends)))

    def _child(self, scene: Scene, *, die_at: str | None = None) -> Ended:
        return self._children.child(scene.job.__name__, scene.given, die_at=die_at)


def _in_doubt(points: Sequence[str], number: int) -> bool:
    """Whether a kill here leaves it open if the mail was taken: after its final dot and before the commit that says so."""
    sent = [place for place, point in enumerate(points) if point.startswith(MAIL_SENT)]
    said = [place for place, point in enumerate(points) if point.startswith("after commit")]
    return bool(sent) and sent[0] <= number < max(said)


def _differences(expected: Outcome, found: Outcome, *, resends: bool) -> Iterator[str]:
    for part, wanted in expected.view.items():
        if found.view[part] != wanted:
            yield f"{part}: {found.view[part]} instead of {wanted}"
    if found.resent > resends:
        yield f"{found.resent} mails were sent again"
    if found.resent > found.ambiguous:
        yield "a mail was sent again and not counted"
    if found.most_tries > MOST_TRIES:
        yield f"a task took {found.most_tries} tries"
