from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from cli.embedded.files import read_json, write_private
from cli.embedded.layout import Home
from cli.embedded.lock import is_held


@dataclass(frozen=True)
class Address:
    """Where one part of the stack answers. `state` is up, down or external; `address` holds no secret."""

    name: str
    address: str
    state: str
    pid: int | None = None
    note: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Health:
    """Whether one part answers, and how that was found out, in words."""

    name: str
    healthy: bool
    detail: str


@dataclass(frozen=True)
class Running:
    """A stack that is up. `environment` is empty while it is starting."""

    pid: int
    addresses: list[Address]
    environment: dict[str, str] = field(repr=False)


class AlreadyUp(Exception):
    """This home is in use by a stack that runs already."""

    def __init__(self, running: Running) -> None:
        super().__init__(f"It is already up, as process {running.pid}." if running.pid else "It is already up.")
        self.pid = running.pid
        self.addresses = running.addresses


def running(home: Path) -> Running | None:
    """Find the stack that is up on this home, or None."""
    place = Home.at(home)
    return read_record(place) if is_held(place.lock) else None


def write_record(home: Home, addresses: Sequence[Address]) -> None:
    """Say that this process supervises the home, and where its parts answer."""
    ours = psutil.Process()
    parts = [asdict(address) for address in addresses]
    write_private(home.stack, {"pid": ours.pid, "create_time": ours.create_time(), "addresses": parts})


def read_record(home: Home) -> Running | None:
    """Read what the supervising process said, while that process lives."""
    content = read_json(home.stack)
    try:
        process = psutil.Process(content["pid"])
        if abs(process.create_time() - content["create_time"]) > 1:
            return None
    except (KeyError, psutil.Error):
        return None
    environment = {key: str(value) for key, value in read_json(home.environment).items()}
    return Running(process.pid, [Address(**address) for address in content["addresses"]], environment)
