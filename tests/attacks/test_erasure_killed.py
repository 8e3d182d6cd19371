"""The process that erases a member is killed with -9 at each of its touches of the world: the erasure ends all the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from config.container import Container
from pipeline.tasks.rules import ERASE_MEMBER
from tests.crash.children import Children, Ended, started_children
from tests.crash.jobs import request
from tests.crash.recovery import take_back, until_buried
from tests.crash.scene import Scene, task
from tests.crash.world import Kept, forget, keep, put_back
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.http import Api
from tests.support.marked import MARK, finds, picture, profile

pytestmark = pytest.mark.timeout(600)  # a test erases the same member some thirty times


@pytest.fixture(scope="module")
def children(all_servers: Container, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    with started_children(all_servers.settings, tmp_path_factory.mktemp("children")) as started:
        yield started


@pytest.fixture
def eraser(desk: Desk, api: Api) -> Iterator[Eraser]:
    assert api.get("/v1/submissions").is_success  # from here on the broker has the script that counts requests
    yield Eraser(desk, api)
    forget(desk.tools)


def shown_avatar(desk: Desk) -> None:
    """Of a member with a file in every bucket and a mail in the folder."""
    key = desk.upload(picture(1))
    desk.accept({**avatar_body(key, filename=f"{MARK}.jpg"), "member": profile()})
    desk.inspect()
    desk.approve(note=f"{MARK} note")
    desk.run_due()


def killed_everywhere(
    desk: Desk, scene: Scene, children: Children, subtests: pytest.Subtests
) -> Iterator[tuple[str, Kept]]:
    """The world after each kill, once the database has noticed it."""
    kept = keep(desk.tools)
    whole: Ended = children.child(scene.job.__name__, scene.given)
    assert (whole.exit_code, bool(whole.points)) == (0, True), children.told()
    for point in filter(_differs, whole.points):
        put_back(desk.tools, kept)
        with subtests.test(point=point):
            assert children.child(scene.job.__name__, scene.given, die_at=point).killed, children.told()
            until_buried(desk)
            yield point, kept


def _differs(point: str) -> bool:
    """After each commit, and after the first of each other touch: what is done again in the same way ends in the same way."""
    return point.startswith("after") and ("commit" in point or point.endswith(" 1"))


def gone(desk: Desk, eraser: Eraser) -> dict[str, Any]:
    """How it ended, once leases have run out and workers went on."""
    take_back(desk)
    desk.sql("UPDATE task SET due_at = now() WHERE state = 'ready'")
    eraser.to_the_end()
    seen = eraser.progress()
    told = [row.type for row in desk.sql("SELECT type FROM event WHERE type = 'member.erased'")]
    left = finds(desk, [MARK.encode()])
    return {
        "state": seen["state"],
        "told": told,
        "left": left,
        "objects": (seen["receipt"] or {})["receipt"]["objects"],
    }


ENDED = {
    "state": "finished",
    "told": ["member.erased"],
    "left": set(),
    "objects": {"public": 2, "uploads": 2, "vault": 2},
}


def test_a_request_that_is_killed_anywhere_is_repeated_and_erases_once(
    desk: Desk, eraser: Eraser, children: Children, subtests: pytest.Subtests
) -> None:
    shown_avatar(desk)
    call = {"method": "DELETE", "url": "/v1/members/m-1", "headers": {"Authorization": f"Bearer {eraser.key}"}}
    scene = Scene(request, call)

    for _ in killed_everywhere(desk, scene, children, subtests):
        eraser.erase()
        assert gone(desk, eraser) == ENDED


def test_a_worker_that_is_killed_anywhere_leaves_nothing_of_the_member(
    desk: Desk, eraser: Eraser, children: Children, subtests: pytest.Subtests
) -> None:
    shown_avatar(desk)
    eraser.erase()
    scene = task(ERASE_MEMBER, desk.only_task(ERASE_MEMBER).id)

    for _ in killed_everywhere(desk, scene, children, subtests):
        assert gone(desk, eraser) == ENDED
