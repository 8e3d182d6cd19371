"""A fault is a class with a name, a beginning and an end; adding one is adding a class."""

import random
from abc import ABC, abstractmethod
from typing import ClassVar, Final

from tests.chaos.errands import What
from tests.chaos.ground import Ground
from tests.chaos.proxies.link import Trick

FAULTS: Final[dict[str, type["Fault"]]] = {}
"""Every fault by its name."""
AVATARS: Final[tuple[What, ...]] = ("avatar",) * 3
FOR_EVERY_THREAD: Final[tuple[What, ...]] = ("avatar",) * 6
"""As many as the threads of all workers."""


class Fault(ABC):
    """One fault. `seconds` is the range from which its duration is drawn; `crowd` is submitted just before it begins.

    `struck` is how many requests met it, where that is known.
    """

    name: ClassVar[str] = ""
    seconds: ClassVar[tuple[float, float]] = (0, 0)
    crowd: ClassVar[tuple[What, ...]] = ()

    def __init_subclass__(cls) -> None:
        if cls.name:
            FAULTS[cls.name] = cls

    def __init__(self, ground: Ground, rng: random.Random) -> None:
        self.ground = ground
        self.lasts = rng.uniform(*self.seconds)
        self.choose(rng)

    def choose(self, rng: random.Random) -> None:  # noqa: B027  (most have none)
        """Choose a victim, where there is a choice."""

    @property
    def struck(self) -> int | None:
        """None where nobody counts."""
        return None

    @abstractmethod
    def begin(self) -> None:
        """Break it."""

    def end(self) -> None:  # noqa: B027  (a kill mends itself: the supervisor restarts)
        """Let it be whole again."""


class Tricked(Fault):
    """The proxy before a server plays a trick on those who come by."""

    server: ClassVar[str]
    trick: ClassVar[type[Trick]]

    def choose(self, rng: random.Random) -> None:  # noqa: ARG002  (there is no choice)
        """Nobody is chosen."""
        self._playing = self.trick()

    @property
    def struck(self) -> int:
        """By the proxy's own count."""
        return self._playing.strikes

    def begin(self) -> None:
        """Play."""
        self.ground.proxies[self.server].play(self._playing)

    def end(self) -> None:
        """Stop."""
        self.ground.proxies[self.server].stop(self._playing)
