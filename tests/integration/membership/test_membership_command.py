import pytest

from config.container import Container
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import AlreadyThere, Invalid
from tests.support.command import Run, command, printed
from tests.support.desk import Desk
from tests.support.spend import Spending

SAID = ("--reason", "The statement was drawn", "--as", "m.lee")


@pytest.fixture
def run(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    add_reviewer("m.lee", roles=[Role.LEAD], db=tools.db)
    return command(tools, monkeypatch)


@pytest.fixture
def spending(desk: Desk) -> Spending:
    return Spending(desk)


def test_a_level_and_how_it_came_to_be_are_shown(run: Run, spending: Spending) -> None:
    spending.complete("o-1")

    shown = run("membership", "show", "m-1")
    data = printed(run("membership", "show", "m-1", "--json"))

    assert "20000.00 EUR" in shown.output
    assert "o-1.completed" in shown.output
    assert [(change["to_level"], change["because"]) for change in data["history"]] == [("trusted", "spend")]


def test_a_lead_takes_a_stage_away_and_gives_it_back_at_a_terminal(run: Run, spending: Spending) -> None:
    spending.complete()

    taken = printed(run("membership", "correct", "m-1", "--stage", "trusted", "--take-away", *SAID, "--json"))
    lowered = spending.level
    run("membership", "correct", "m-1", "--stage", "trusted", "--give", *SAID)

    assert (taken["by"], taken["to_level"], lowered) == ("m.lee", "registered", "registered")
    assert spending.level == "trusted"


def test_a_stage_that_does_not_exist_is_an_error_in_words(run: Run) -> None:
    result = run("membership", "correct", "m-1", "--stage", "moon", "--give", *SAID)

    assert isinstance(result.exception, Invalid)
    assert [problem.code for problem in result.exception.problems] == ["unknown_stage"]


def test_what_refunds_put_in_doubt_is_listed_and_settled_at_a_terminal(run: Run, spending: Spending) -> None:
    spending.complete()
    spending.refund("o-1", 1)
    (review,) = printed(run("membership", "reviews", "--json"))["items"]

    listed = run("membership", "reviews")
    settled = run("membership", "settle", review["id"], "--take-away", *SAID)
    late = run("membership", "settle", review["id"], "--keep", *SAID)

    assert "19999.00 EUR" in listed.output
    assert "taken away" in settled.output
    assert isinstance(late.exception, AlreadyThere)
    assert "There is no such review." in run("membership", "reviews").output
    assert spending.steps[-1] == ("trusted", "registered", "refund")
