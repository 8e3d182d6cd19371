"""Members write markup, escape sequences and new lines where operators read them: commands print them as text."""

import re
from typing import Final

import pytest

from cli.main import tell
from cli.output import console, print_fields, print_json, print_table, styled
from config.container import Container
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.events.webhooks import endpoints
from pipeline.kernel.errors import Invalid, NotFound, Problem
from schemas.claims import Claim
from schemas.events import EndpointRequest
from tests.support.bodies import verification_body
from tests.support.command import Run, command
from tests.support.desk import Desk
from tests.support.files import photo

NASTY: Final = [
    "[/nothing]",
    "[/]",
    "[red]x[/red]",
    "[link=https://evil.example]x[/link]",
    "[bold",
    "\\[/x]",
    ":smiley:",
    "\x1b[2J\x1b]0;owned\x07",
    "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "\x9b31m",
    "\u202egnp.exe",
    "a\r\nFORGED line",
    "\x08\x08\x08",
    "\u2028forged",
    "\U000e0041tag",
]
_ACTS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\U000e0000-\U000e007f]")


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "400")
    return command(tools, monkeypatch)


def planted(desk: Desk, text: str) -> Claim:
    """A member with this text wherever a member, a service or a colleague may write, and a claimed case of theirs."""
    add_reviewer("r-1", name="r-1", db=desk.tools.db)
    key = desk.upload(photo())
    desk.accept(verification_body({"bank_statement": key}))
    desk.run_due()
    desk.sql(
        "UPDATE submission SET member = member || jsonb_build_object('name', CAST(:text AS text), 'identity', CAST(:text AS text)),"
        " form = form || jsonb_build_object('company_name', CAST(:text AS text), :text, 'x'), correlation_id = :text",
        text=text,
    )
    desk.sql(
        "UPDATE material SET filename = :text, signals = signals || jsonb_build_object('exif', jsonb_build_object('edited_by', CAST(:text AS text)))",
        text=text,
    )
    desk.sql(
        "UPDATE audit SET actor = :text, detail = detail || jsonb_build_object('note', CAST(:text AS text)), correlation_id = :text",
        text=text,
    )
    desk.sql(
        "UPDATE task SET last_error = :text, trace = :text, payload = jsonb_build_object('x', CAST(:text AS text)), state = 'parked'",
        text=text,
    )
    made = endpoints.add(EndpointRequest(url="https://shop.example.com/"), db=desk.tools.db, sealer=desk.tools.sealer)
    desk.sql(
        "UPDATE webhook_endpoint SET url = :text, state = 'paused', paused_because = :text WHERE id = :id",
        text=text,
        id=made.endpoint_id,
    )
    held = desk.claimed()
    desk.sql("UPDATE reviewer SET name = :text", text=text)
    return held


def commands(desk: Desk, held: Claim) -> list[list[str]]:
    """Every command that prints what somebody wrote."""
    (material,) = desk.sql("SELECT submission_id FROM material")
    task = desk.tasks()[0].id
    return [
        ["review", "show", str(held.id), "--as", "r-1"],
        ["review", "mine", "--as", "r-1"],
        ["history", str(material.submission_id)],
        ["task", "list"],
        ["task", "show", str(task)],
        ["webhook", "list"],
        ["reviewer", "list"],
        ["membership", "show", "m-1"],
        ["doctor"],
    ]


def test_no_command_crashes_or_lets_a_text_reach_the_terminal_as_anything_but_text(desk: Desk, run: Run) -> None:
    held = planted(desk, " ".join(NASTY))

    told = {" ".join(each[:2]): run(*each) for each in commands(desk, held)}
    as_json = {" ".join(each[:2]): run(*each, "--json") for each in commands(desk, held)[:-1]}

    crashed = [name for name, each in (*told.items(), *as_json.items()) if not _is_fine(each.exception)]
    acting = [name for name, each in (*told.items(), *as_json.items()) if _ACTS.search(each.stdout)]
    assert crashed == []
    assert acting == []


def _is_fine(error: BaseException | None) -> bool:
    return error is None or (isinstance(error, SystemExit) and error.code == 1)  # the doctor finds what is parked


def test_markup_is_shown_as_it_was_written(desk: Desk, run: Run) -> None:
    marks = ["[/nothing]", "[red]x[/red]", "[bold", "\\[/x]", ":smiley:"]
    held = planted(desk, " ".join(marks))

    told = run("review", "show", str(held.id), "--as", "r-1").stdout

    assert [each for each in marks if told.count(each) < 4] == []


@pytest.mark.parametrize("text", NASTY)
def test_each_way_to_print_shows_a_text_as_text(capsys: pytest.CaptureFixture[str], text: str) -> None:
    print_table(["name", text], [[text, {text: [text]}]], title=text)
    print_fields({text: text})
    print_json({text: [text]})
    console.print(text)
    console.print(styled("[bold]{name}[/bold]{other}", name=text, other=text))

    told = capsys.readouterr().out

    assert not _ACTS.search(told)
    assert told.count("\nFORGED") <= 1  # a plain text may have lines of its own; no value that stands in one


def test_a_name_with_a_new_line_makes_no_line_of_its_own(desk: Desk, run: Run) -> None:
    held = planted(desk, "Ana\nyours until  for ever")

    told = run("review", "show", str(held.id), "--as", "r-1").stdout

    assert not re.search(r"^ *yours until +for ever", told, re.MULTILINE)
    assert "Ana\\nyours until  for ever" in told


def test_the_error_of_a_command_is_text_too(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Invalid([Problem("[/x]\x1b[2J", "[/y]", "\u202e[red]no[/red]\nFORGED")]))
    tell(NotFound("[/nothing]\x1b[2J"))

    told = capsys.readouterr().err

    assert "[/x]\\x1b[2J: \\u202e[red]no[/red]\\nFORGED ([/y])" in told
    assert "[/nothing]\\x1b[2J (not_found)" in told
