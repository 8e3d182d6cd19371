from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from cli.embedded.home import Home, is_locked, read_json, write_private


@dataclass(frozen=True)
class Address:
    """The address of one part of the stack. `state` is up, down or external; `address` has no secret in it."""

    name: str
    address: str
    state: str
    pid: int | None = None
    note: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Health:
    """Whether one part answers, with what was seen, in words."""

    name: str
    healthy: bool
    detail: str


@dataclass(frozen=True)
class Running:
    """A running stack. `environment` is empty while it starts."""

    pid: int
    addresses: list[Address]
    environment: dict[str, str] = field(repr=False)


class AlreadyUp(Exception):
    """A stack runs on this home already."""

    def __init__(self, running: Running) -> None:
        super().__init__(f"It is already up, as process {running.pid}." if running.pid else "It is already up.")
        self.pid = running.pid
        self.addresses = running.addresses


def running(home: Path) -> Running | None:
    """The stack that runs on this home, or None."""
    place = Home.at(home)
    return read_record(place) if is_locked(place.lock) else None


def write_record(home: Home, addresses: Sequence[Address]) -> None:
    """Record that this process supervises the home, and the address of each part."""
    ours = psutil.Process()
    parts = [asdict(address) for address in addresses]
    write_private(home.stack, {"pid": ours.pid, "create_time": ours.create_time(), "addresses": parts})


def read_record(home: Home) -> Running | None:
    """The record of the supervising process, while that process lives; else None."""
    content = read_json(home.stack)
    try:
        process = psutil.Process(content["pid"])
        if abs(process.create_time() - content["create_time"]) > 1:
            return None
    except (KeyError, psutil.Error):
        return None
    environment = {key: str(value) for key, value in read_json(home.environment).items()}
    return Running(process.pid, [Address(**address) for address in content["addresses"]], environment)
