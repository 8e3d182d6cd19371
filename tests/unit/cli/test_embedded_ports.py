import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded.ports import DEFAULTS, LOOPBACK, SPARE, Ports, is_free


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        yield int(taken.getsockname()[1])


@pytest.fixture
def spare_port(tmp_path: Path) -> int:
    return Ports(tmp_path / "other.json", {"web": 0}).choose("web").number


def test_a_wanted_port_that_is_free_is_used_without_a_note(tmp_path: Path, spare_port: int) -> None:
    port = Ports(tmp_path / "ports.json", {"web": spare_port}).choose("web")

    assert (port.number, port.note) == (spare_port, "")


def test_a_busy_port_is_replaced_and_the_note_says_so(tmp_path: Path, busy_port: int) -> None:
    port = Ports(tmp_path / "ports.json", {"storage": busy_port}).choose("storage")

    assert port.number in SPARE
    assert port.note == f"port {busy_port} was taken, using {port.number}"


def test_a_port_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json", {"mail": 0}).choose("mail")

    second = Ports(tmp_path / "ports.json").choose("mail")

    assert second.number == first.number
    assert second.note == f"port {first.number} as at the latest start"


def test_a_wanted_port_goes_before_the_remembered_one(tmp_path: Path, spare_port: int) -> None:
    (tmp_path / "ports.json").write_text(json.dumps({"mail": SPARE.start}))

    port = Ports(tmp_path / "ports.json", {"mail": spare_port}).choose("mail")

    assert port.number == spare_port


def test_two_servers_never_get_the_same_port(tmp_path: Path, spare_port: int) -> None:
    ports = Ports(tmp_path / "ports.json", {"web": spare_port, "mail": spare_port})

    assert ports.choose("web").number != ports.choose("mail").number


def test_a_port_that_was_lost_to_a_quicker_process_is_replaced(tmp_path: Path, spare_port: int) -> None:
    ports = Ports(tmp_path / "ports.json", {"web": spare_port})
    ports.choose("web")

    replaced = ports.replace("web")

    assert replaced.number != spare_port
    assert replaced.note == f"port {spare_port} was taken, using {replaced.number}"
    assert ports["web"] == replaced


def test_a_damaged_file_of_ports_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")

    assert Ports(tmp_path / "ports.json").remembered("mail") == DEFAULTS["mail"]


def test_a_port_with_a_listener_is_not_free(busy_port: int) -> None:
    assert not is_free(busy_port)
