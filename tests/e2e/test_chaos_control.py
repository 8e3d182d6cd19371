"""The driver's way of judging sees loss: a plain pipeline loses what the broker forgets."""

import os
from contextlib import closing
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from tests.chaos.control.client import Client
from tests.chaos.control.ground import plain_ground
from tests.chaos.errands import Errand
from tests.support.together import until

DEADLINE_SECONDS = 120
WAITING = [Errand(f"waiting-{number}", "avatar", "queue", "m-1", "", number, 0) for number in range(12)]
LATER = Errand("later", "avatar", "queue", "m-1", "", 99, 0)


@pytest.mark.timeout(3 * DEADLINE_SECONDS)
def test_a_plain_pipeline_loses_the_messages_that_wait_while_the_broker_forgets(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with plain_ground(tmp_path, workers=1) as ground, closing(Client(ground, tmp_path)) as client:
        worker = ground.pid("worker-1")
        os.kill(worker, SIGSTOP)
        client.flow(WAITING, 0)
        assert client.held() == sorted(each.label for each in WAITING)
        ground.tools.broker.client.flushall()
        os.kill(worker, SIGCONT)
        client.send(LATER)

        outcome = client.outcome(DEADLINE_SECONDS)

        until(lambda: client.held() == [], seconds=DEADLINE_SECONDS)
        assert sorted(client.sent) == sorted([*(each.label for each in WAITING), LATER.label])
        assert [label for label in client.sent if outcome.ended(label)] == [LATER.label]
