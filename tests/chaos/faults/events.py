"""What other services do to the one who tells them of events."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Final
from uuid import UUID

from pipeline.events.webhooks import endpoints
from pipeline.kernel.errors import ProofdeskError
from schemas.events import ReplayRequest
from tests.chaos.faults.fault import AVATARS, Fault
from tests.chaos.listener import Listener, listener
from tests.support.together import until

PAST: Final = "m-past-"
"""Begins the id of members who have nothing but events."""
PAST_EVENTS: Final = 40_000
AGE: Final = timedelta(days=2)
AWAY_SECONDS: Final = 60

_PAST_EVENTS: Final = f"""
    INSERT INTO event (id, type, member_id, data, at)
    SELECT gen_random_uuid(), 'points.changed', '{PAST}' || mod(n, 1000),
           jsonb_build_object('member_id', '{PAST}' || mod(n, 1000)), now() - interval '47 hours'
      FROM generate_series(1, {PAST_EVENTS}) AS n
     WHERE NOT EXISTS (SELECT FROM event WHERE member_id = '{PAST}0')
"""  # noqa: S608  (our own words)


class WithEndpoint(Fault):
    """A service that has an endpoint for a while, and removes it."""

    answers = True
    _added: UUID | None = None

    def choose(self, rng: random.Random) -> None:  # noqa: ARG002  (there is no choice)
        """Nothing is open yet."""
        self._opened = ExitStack()

    def begin(self) -> None:
        """Add the endpoint; waits for a database that is away."""
        self._listener: Listener = self._opened.enter_context(listener(answers=self.answers))
        _asked(lambda: self._listener.register(self.ground.tools))

    def end(self) -> None:
        """Remove it, with what it was not told."""
        added, tools = self._listener.endpoint_id, self.ground.tools
        if added is not None:
            _asked(lambda: endpoints.remove(added, db=tools.db))
        self._opened.close()


class EndpointHangs(WithEndpoint):
    """It takes every request and answers none."""

    name, seconds, crowd, answers = "endpoint_hangs", (8, 15), AVATARS, False


class ReplayOfMany(WithEndpoint):
    """A service that has lost everything wants 40,000 events again."""

    name, seconds, crowd = "replay_of_40000", (6, 10), AVATARS

    def begin(self) -> None:
        """Ask for all of them."""
        super().begin()
        _asked(self._replay)

    def _replay(self) -> None:
        tools, added = self.ground.tools, self._listener.endpoint_id
        assert added is not None
        with tools.db.begin() as connection:
            connection.exec_driver_sql(_PAST_EVENTS)
        since = tools.db.now() - AGE
        endpoints.replay(added, ReplayRequest(since=since), now=tools.db.now(), db=tools.db)


def _asked(ask: Callable[[], object]) -> None:
    def answered() -> bool:
        try:
            ask()
        except ProofdeskError:
            return False
        return True

    until(answered, seconds=AWAY_SECONDS)
