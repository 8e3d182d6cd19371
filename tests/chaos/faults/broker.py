"""Valkey dies, forgets, stops answering, or answers otherwise than one would like."""

import contextlib
import random
import shutil
from typing import Final

import redis

from tests.chaos.faults.fault import AVATARS, Fault, Tricked
from tests.chaos.faults.signals import Frozen, Killed
from tests.chaos.proxies.valkey import ReplyLost
from tests.support.together import until

NOBODY: Final = ("127.0.0.1", 1)
"""A primary that cannot be reached: a replica that never was in step keeps what it holds."""
MEND_SECONDS: Final = 60


class BrokerKilled(Killed):
    name, victims = "broker_killed", ("valkey",)


class BrokerFrozen(Frozen):
    name, victims = "broker_frozen", ("valkey",)


class BrokerForgets(Fault):
    """FLUSHALL."""

    name, crowd = "broker_flushed", AVATARS

    def begin(self) -> None:
        """Forget every hint, every message and who was working on what."""
        with contextlib.suppress(redis.RedisError):
            self.ground.tools.broker.client.flushall()


class BrokerWiped(Killed):
    """It dies, and what it had written is gone with it."""

    name, victims, crowd = "broker_wiped", ("valkey",), AVATARS

    def begin(self) -> None:
        """Remove its files before it dies, so that none is there when it is restarted."""
        shutil.rmtree(self.ground.stack.home.path / "valkey" / "appendonlydir", ignore_errors=True)
        super().begin()


class BrokerPaused(Fault):
    """CLIENT PAUSE: it takes connections and answers none."""

    name, seconds = "broker_paused", (1, 4)

    def begin(self) -> None:
        """It ends by itself."""
        with contextlib.suppress(redis.RedisError):
            self.ground.tools.broker.client.client_pause(int(self.lasts * 1000), all=True)


class BrokerReadOnly(Fault):
    """A failover that went wrong: it believes to be a replica, and answers every write with READONLY."""

    name, seconds, crowd = "broker_read_only", (2, 4), AVATARS

    def begin(self) -> None:
        """Follow nobody."""
        with contextlib.suppress(redis.RedisError):
            self.ground.tools.broker.client.replicaof(*NOBODY)

    def end(self) -> None:
        """Be the primary again; one that was restarted meanwhile is it already."""
        until(self._is_primary, seconds=MEND_SECONDS)

    def _is_primary(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            self.ground.tools.broker.client.replicaof("NO", "ONE")
            return True
        return False


class BrokerFull(Fault):
    """It is at the end of its memory, and answers every write with OOM."""

    name, seconds, crowd = "broker_full", (3, 6), AVATARS

    def begin(self) -> None:
        """Give it less than it holds."""
        with contextlib.suppress(redis.RedisError):
            self.ground.tools.broker.client.config_set("maxmemory", "1mb")

    def end(self) -> None:
        """Give it as much as it likes; one that was restarted meanwhile has that already."""
        until(self._has_room, seconds=MEND_SECONDS)

    def _has_room(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            self.ground.tools.broker.client.config_set("maxmemory", "0")
            return True
        return False


class BrokerReplyLost(Tricked):
    """A command is done, its reply is not heard, and the connection breaks."""

    name, seconds, crowd, server = "broker_reply_lost", (1, 3), AVATARS, "valkey"

    def choose(self, rng: random.Random) -> None:
        """A few replies."""
        self._playing = ReplyLost(most=rng.randint(1, 5))
