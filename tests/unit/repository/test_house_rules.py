"""Rules that a reader of the code must be able to rely on, held against the syntax tree."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.order import LONGEST

TESTS = Path(__file__).parents[2]
ROOT = Path(__file__).parents[3]
OURS = ("schemas", "pipeline", "config", "workers", "web", "cli")
SENDING = {"send", "send_with_options"}
CLOCKS = {"time.time", "time.monotonic", "clock.now", "datetime.now", "date.today"}


@cache
def trees() -> dict[str, ast.Module]:
    files = [file for room in OURS for file in (ROOT / room).rglob("*.py")]
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in files}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def sends_a_message(tree: ast.Module) -> bool:
    """Whether something is sent as dramatiq's actors send: `actor.send(…)`."""
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in SENDING for call in calls(tree))


def chain(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[ast.Call]:
    """The calls of a statement such as `update(t).where(…).values(…)`, the last one first; names lead to what they stand for."""
    while True:
        if isinstance(node, ast.Call):
            yield node
            node = node.func
        elif isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Name) and node.id in named:
            node = named.pop(node.id)
        else:
            return


def updates_submissions(call: ast.Call) -> bool:
    """`update(submission)` or `submission.update()`."""
    match call.func:
        case ast.Name("update") | ast.Attribute(_, "update"):
            return bool({"submission"} & {each.id for each in ast.walk(call) if isinstance(each, ast.Name)})
    return False


def sets_state(call: ast.Call) -> bool:
    """`.values(state=…)` or `.values({"state": …})`."""
    given = [each.arg for each in call.keywords]
    keys = [key for each in ast.walk(call) if isinstance(each, ast.Dict) for key in each.keys]
    return "state" in given or any(isinstance(key, ast.Constant) and key.value == "state" for key in keys)


def bindings(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """The names that stand for an expression."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                yield name, value


def assigns_a_submissions_state(tree: ast.Module) -> bool:
    named = dict(bindings(tree))
    statements = (list(chain(call, dict(named))) for call in calls(tree))
    return any(
        any(updates_submissions(each) for each in statement) and any(sets_state(each) for each in statement)
        for statement in statements
    )


def test_nobody_sends_domain_work_past_the_ledger() -> None:
    assert trees()
    assert [name for name, tree in trees().items() if sends_a_message(tree)] == []


def test_only_lifecycle_assigns_a_submissions_state() -> None:
    assert [name for name, tree in trees().items() if assigns_a_submissions_state(tree)] == [
        "pipeline/submission/lifecycle.py"
    ]


@pytest.mark.parametrize(
    "code",
    [
        "connection.execute(update(submission).where(mine).values(state='approved'))",
        "connection.execute(update(submission).values({'state': 'approved', 'version': 2}))",
        "connection.execute(submission.update().where(mine).values(version=2, state=after))",
        "move = update(submission)\nconnection.execute(move.where(mine).values(state=after))",
        "move: Final = update(submission).where(mine)\nclosed = move.values(state=after)",
    ],
)
def test_an_assignment_is_seen_however_it_is_written(code: str) -> None:
    assert assigns_a_submissions_state(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "update(submission).values(watch_at=later)",
        "update(task).where(task.c.state == 'ready').values(state='done')",
        "insert(submission).values(state='received')",
        "select(submission).where(submission.c.state == 'received')",
    ],
)
def test_what_assigns_no_state_is_left_alone(code: str) -> None:
    assert not assigns_a_submissions_state(ast.parse(code))


def test_every_file_of_tests_that_is_begun_early_is_there() -> None:
    assert set(LONGEST) - {file.name for file in TESTS.rglob("test_*.py")} == set()


def prints_markup(call: ast.Call) -> bool:
    """`console.print("[red]…[/red]")`: the terminal's console takes no text for markup, so only `styled` may be given any."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "print"):
        return False
    words = [
        each.value
        for given in call.args
        if isinstance(given, ast.Constant | ast.JoinedStr)
        for each in ast.walk(given)
        if isinstance(each, ast.Constant)
    ]
    return any("[/" in str(each) for each in words)


def test_no_command_prints_markup_as_text() -> None:
    programs = {str(file): ast.parse(file.read_text()) for file in TESTS.glob("*/*.py") if "test_" not in file.name}
    printing = [file for file, tree in (trees() | programs).items() if any(prints_markup(call) for call in calls(tree))]

    assert printing == []
    assert len(programs) > 50


def at_import(tree: ast.Module | ast.ClassDef) -> Iterator[ast.AST]:
    """What a file of tests computes when it is collected: its constants, decorators and defaults."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
        elif isinstance(node, ast.ClassDef):
            yield from at_import(node)
        else:
            yield node


def calls_now(node: ast.AST) -> Iterator[ast.Call]:
    """Calls that are made when this is evaluated, not those in a lambda, which come later."""
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda):
            yield from calls_now(child)


def reads_a_clock(tree: ast.Module) -> bool:
    return any(ast.unparse(call.func) in CLOCKS for part in at_import(tree) for call in calls_now(part))


def test_no_test_takes_the_time_at_which_it_was_collected_for_now() -> None:
    files = {file: ast.parse(file.read_text()) for file in TESTS.rglob("test_*.py")}

    assert [file.name for file, tree in files.items() if reads_a_clock(tree)] == []
    assert reads_a_clock(ast.parse("@pytest.mark.parametrize('at', [int(time.time())])\ndef test_it(at): ..."))
