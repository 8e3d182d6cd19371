"""What the crash tests themselves must see."""

from tests.crash.jobs import Ready, withdraw_carelessly
from tests.crash.play import Play
from tests.crash.scene import Scene
from tests.support.desk import Desk
from tests.support.http import Api


def careless(desk: Desk, api: Api) -> Scene:
    """A use case that commits, calls the mail server and commits again, without the ledger."""
    submission = desk.case_waiting()

    given = {"submission_id": str(submission)}
    return Scene(withdraw_carelessly, given, lambda: withdraw_carelessly(Ready(desk.tools, api.client), **given))


def test_a_use_case_that_calls_outside_between_two_commits_is_found_out(play: Play) -> None:
    verdicts = {verdict.point: verdict.wrong for verdict in play.verdicts(careless)}

    broken = [point for point, wrong in verdicts.items() if wrong]
    points = list(verdicts)
    assert broken == points[points.index("after commit 1") : points.index("after commit 2")]
    assert all("mails" in wrong[0] or "submissions" in wrong[0] for wrong in verdicts.values() if wrong)
