"""What the clients of a run want, drawn from its seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tests.chaos.papers import broken_picture, picture, statement

Door = Literal["http", "queue", "cli"]
What = Literal["avatar", "bad_avatar", "verification", "poison"]

DOORS: Final[tuple[Door, ...]] = ("http",) * 7 + ("queue",) * 3
CROWDS: Final[tuple[tuple[What, int], ...]] = (
    *(("avatar", size) for size in (1, 2, 4, 8, 12, 12, 12, 12, 12)),
    *(("verification", size) for size in (1, 2, 7)),
    *(("bad_avatar", 1),) * 3,
)
"""What is sent at once by one member: pictures that overtake each other, and seven verifications of a stage, two more than there
are chances."""
A_MEMBER: Final[Mapping[What, int]] = {"avatar": 24, "bad_avatar": 8, "verification": 8}
"""How many errands there are for each member, about: of avatars, so that crowds of one member meet too."""
COMMANDS_SHARE: Final = 0.05
MOST_COMMANDS: Final = 12
"""How many go by the command line, about: each is a process that takes a second or two to start."""
PHOTOGRAPHED: Final = 8
"""Every so manieth material of a verification is a photo, whose words are read off the picture; the others are documents."""
POISON_SHARE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to submit: by whom, through which door, and when, as a share of the traffic's time."""

    label: str
    what: What
    door: Door
    member_id: str
    stage: str
    number: int
    at: float

    @property
    def kind(self) -> Literal["avatar", "verification"]:
        """What the pipeline calls it."""
        return "verification" if self.what == "verification" else "avatar"


def errands(count: int, seed: int) -> list[Errand]:
    """So many errands, and some poison for the queue door besides; the same seed gives the same ones."""
    rng = random.Random(seed)  # noqa: S311  (chance that can be repeated, not secrecy)
    drawn: list[Errand] = []
    while len(drawn) < count:
        what, size = rng.choice(CROWDS)
        drawn += _crowd(rng, what, min(size, count - len(drawn)), len(drawn), of=count)
    poison = range(max(1, round(count * POISON_SHARE)))
    return drawn + [Errand(f"poison-{n}", "poison", "queue", "m-poison", "", n, rng.random()) for n in poison]


def _crowd(rng: random.Random, what: What, size: int, first: int, *, of: int) -> list[Errand]:
    """Some errands of one member, at the same moment. Only avatars come by a door that cannot refuse for want of chances."""
    member = f"{what[0]}-{rng.randrange(max(2, of // A_MEMBER[what]))}"
    stage = rng.choice(("verified", "verified", "trusted"))
    return [
        Errand(f"{what}-{number}", what, _door(rng, what, of), member, stage, number, first / of)
        for number in range(first, first + size)
    ]


def _door(rng: random.Random, what: What, of: int) -> Door:
    if what == "verification":
        return "http"
    return "cli" if rng.random() < min(COMMANDS_SHARE, MOST_COMMANDS / of) else rng.choice(DOORS)


def file_of(errand: Errand) -> tuple[bytes, str]:
    """Its file and media type: a small JPEG unlike any other of the run, one that broke off, or one page of PDF."""
    if errand.what == "bad_avatar":
        return broken_picture(errand.number), "image/jpeg"
    if errand.what == "verification" and errand.number % PHOTOGRAPHED:
        return statement(errand.number), "application/pdf"
    return picture(errand.number), "image/jpeg"
