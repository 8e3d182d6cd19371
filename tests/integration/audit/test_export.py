import csv
import io
import json
from uuid import UUID

import pytest

from cli.tools import operator
from config.container import Container
from pipeline.audit.record import write
from pipeline.kernel.rules.digests import member_digest
from pipeline.workflows.audit import COLUMNS, csv_line
from tests.support.command import Run, command
from tests.support.desk import Desk


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    return command(tools, monkeypatch)


def events(output: str) -> list[str]:
    return [json.loads(line)["event"] for line in output.splitlines()]


def test_rows_about_a_member_are_those_of_their_submissions_and_those_that_name_them(desk: Desk, run: Run) -> None:
    desk.submit_avatar("m-1")
    desk.submit_avatar("m-2")
    with desk.tools.db.begin() as connection:
        write(connection, "points.earned", actor="orders", detail={"member": member_digest("m-1")})

    result = run("audit", "export", "--member", "m-1")

    assert result.exit_code == 0, result.output
    assert events(result.stdout) == ["submission.accepted", "points.earned", "audit.exported"]


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (("--actor", "one"), ["thing.one"]),
        (("--submission", "018f0000-0000-7000-8000-000000000001"), ["thing.two"]),
        (("--from", "2999-01-01T00:00:00"), []),
        (("--to", "2001-01-01T00:00:00"), []),
    ],
)
def test_rows_are_chosen_by_what_is_given(desk: Desk, run: Run, option: tuple[str, str], expected: list[str]) -> None:
    with desk.tools.db.begin() as connection:
        write(connection, "thing.one", actor="one")
        write(connection, "thing.two", actor="two", submission_id=UUID("018f0000-0000-7000-8000-000000000001"))

    result = run("audit", "export", *option, "--json")

    assert events(result.stdout) == expected


def test_an_export_is_recorded_with_who_took_what(desk: Desk, run: Run) -> None:
    run("audit", "export", "--member", "m-1", "--actor", "r-1")

    (row,) = desk.audited()
    assert (row.event, row.actor) == ("audit.exported", operator())
    assert row.detail == {"member": member_digest("m-1"), "actor": "r-1"}
    assert row.actor.startswith("cli:")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "|calc",
        "%0A",
        "  =1",
        "\u00a0=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
    ],
)
def test_no_cell_of_a_spreadsheet_begins_a_formula(text: str) -> None:
    row = dict.fromkeys(COLUMNS, text)

    (cells,) = csv.reader(io.StringIO(csv_line(row), newline=""))

    assert cells == [f"'{text}"] * len(COLUMNS)


def test_what_begins_no_formula_stays_as_it_is(desk: Desk, run: Run) -> None:
    with desk.tools.db.begin() as connection:
        write(connection, "thing.made", actor='a "quoted", actor', detail={"n": -1})

    result = run("audit", "export", "--format", "csv")

    head, row, _ = csv.DictReader(io.StringIO(result.stdout)), *list(csv.DictReader(io.StringIO(result.stdout)))
    assert head.fieldnames == list(COLUMNS)
    assert (row["actor"], row["detail"], row["submission_id"]) == ('a "quoted", actor', '{"n":-1}', "")
