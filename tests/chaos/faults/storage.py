"""The object store is down, slow, full, or breaks off in the middle."""

from tests.chaos.faults.fault import AVATARS, Fault, Tricked
from tests.chaos.faults.signals import Frozen, Killed
from tests.chaos.proxies.link import Away
from tests.chaos.proxies.storage import HalfABody, PutAnswerLost, PutCut, Slow, Unavailable


class StorageKilled(Killed):
    name, victims, crowd = "storage_killed", ("storage",), AVATARS


class StorageFrozen(Frozen):
    name, victims = "storage_frozen", ("storage",)


class StorageDown(Tricked):
    name, server, trick, seconds, crowd = "storage_down", "storage", Away, (2, 5), AVATARS


class StorageSlow(Tricked):
    name, server, trick, seconds, crowd = "storage_slow", "storage", Slow, (3, 6), AVATARS


class StorageUnavailable(Tricked):
    """503."""

    name, server, trick, seconds, crowd = "storage_unavailable", "storage", Unavailable, (2, 5), AVATARS


class StorageHalfABody(Tricked):
    name, server, trick, seconds, crowd = "storage_half_a_body", "storage", HalfABody, (2, 5), AVATARS


class StoragePutCut(Tricked):
    name, server, trick, seconds, crowd = "storage_put_cut", "storage", PutCut, (2, 5), AVATARS


class StoragePutAnswerLost(Tricked):
    name, server, trick, seconds, crowd = "storage_put_answer_lost", "storage", PutAnswerLost, (2, 5), AVATARS


class StorageFull(Fault):
    """No space is left on the disk of the object store."""

    name, seconds, crowd = "storage_full", (2, 5), AVATARS

    def begin(self) -> None:
        """Fill it."""
        self.ground.disk.fill()

    def end(self) -> None:
        """Give space again."""
        self.ground.disk.free()
