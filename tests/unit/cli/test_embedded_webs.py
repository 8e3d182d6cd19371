from pathlib import Path

from cli.embedded import processes
from cli.embedded.ports import SPARE, Ports
from cli.embedded.stack import Stack


def test_the_first_web_process_keeps_its_name_and_further_ones_are_numbered() -> None:
    assert processes.names(workers=1, relays=1) == ["web", "worker-1", "relay-1"]
    assert processes.names(workers=2, relays=1, webs=3) == ["web", "web-2", "web-3", "worker-1", "worker-2", "relay-1"]


def test_a_process_is_of_the_kind_that_its_name_begins_with() -> None:
    assert [processes.kind_of(name) for name in ("web", "web-2", "worker-1")] == ["web", "web", "worker"]


def test_a_further_web_process_has_any_port_and_keeps_it(tmp_path: Path) -> None:
    first = Ports(tmp_path / "ports.json").choose("web-2")

    second = Ports(tmp_path / "ports.json").choose("web-2")

    assert first.number in SPARE
    assert second.number == first.number


def test_a_stack_that_is_not_up_has_no_addresses(tmp_path: Path) -> None:
    assert Stack(tmp_path, webs=2).addresses() == []
