import pytest

from tests.crash import intake_scenes, relay_scenes, review_scenes, work_scenes
from tests.crash.play import Play

pytestmark = pytest.mark.timeout(900)  # a test plays its use case some twenty times

USE_CASES = {**intake_scenes.SCENES, **review_scenes.SCENES, **work_scenes.SCENES, **relay_scenes.SCENES}


@pytest.mark.parametrize("use_case", USE_CASES)
def test_a_process_that_is_killed_anywhere_leaves_nothing_lost_and_nothing_twice(
    play: Play, subtests: pytest.Subtests, use_case: str
) -> None:
    for verdict in play.verdicts(USE_CASES[use_case]):
        with subtests.test(use_case, point=verdict.point):
            assert verdict.wrong == ()
