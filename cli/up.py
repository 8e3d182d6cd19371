import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.demo.play import WAITING, Seat, prepare
from cli.embedded import EmbeddedError
from cli.embedded.stack import Address, AlreadyUp, Stack
from cli.output import console, errors, styled
from pipeline.inspection.confinement.advice import sentence
from pipeline.inspection.confinement.available import unavailable

Home = Annotated[Path, typer.Option(envvar="PROOFDESK_HOME", help="The folder for all data.")]


def up(
    home: Home = Path(".proofdesk"),
    workers: Annotated[int, typer.Option(min=1, help="Worker processes, one for each core.")] = 2,
    relays: Annotated[int, typer.Option(min=1, help="Relay processes.")] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the processes' logs.")] = False,
    play: Annotated[bool, typer.Option("--play", help="Also make waiting cases, and people to sign in as.")] = False,
) -> None:
    """Start PostgreSQL, Valkey, an S3 server, a mail sink and all of Proofdesk; stop everything on Ctrl-C."""
    began = time.monotonic()
    stack = Stack(home, workers=workers, relays=relays, echo=not quiet, on_event=announce)
    try:
        with stack:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stack.stop_requested.set())
            console.print(addresses_table(stack.addresses()))
            if missing := unavailable():
                line = "[red bold]{missing}[/red bold] Strangers' files are opened with what is left."
                errors.print(styled(line, missing=sentence(missing)))
            console.print(f"All data is in {home.resolve()}", soft_wrap=True)
            unhealthy = [each for each in stack.health() if not each.healthy]
            for each in unhealthy:
                errors.print(styled("[red]{name}[/red]: {detail}", name=each.name, detail=each.detail))
            state = "All is healthy" if not unhealthy else "Not all is healthy"
            console.print(
                f"{state} after {time.monotonic() - began:.1f} s. Stop with Ctrl-C. Check with: proofdesk doctor"
            )
            console.print(
                "See the member's page: proofdesk member link m-1 --name 'Ana Lima' --email ana@example.com",
                soft_wrap=True,
            )
            if play:
                print_seats(prepare(stack.environment()))
            stack.supervise()
            console.print("Stopping …")
    except AlreadyUp as already:
        errors.print(f"Proofdesk is already up in this folder, as process {already.pid}, at these addresses:")
        errors.print(addresses_table(already.addresses))
        raise typer.Exit(1) from None
    except EmbeddedError as error:
        errors.print(styled("[red]Proofdesk did not start.[/red] {error}", error=error))
        raise typer.Exit(1) from None
    console.print("Stopped. The data is kept for the next start.")


def addresses_table(addresses: Sequence[Address]) -> Table:
    """The address of each part."""
    table = Table(
        title="Proofdesk", title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
    )
    for column in ("part", "address", "state", "process", "note"):
        table.add_column(column, overflow="fold", no_wrap=column == "address")
    for each in addresses:
        pid = str(each.pid) if each.pid else "–"
        table.add_row(each.name, each.address.replace("+psycopg", ""), each.state, pid, each.note)
    return table


def print_seats(seats: Sequence[Seat]) -> None:
    """Whom to sign in as, where, and by which password."""
    console.print(f"{WAITING} cases wait. Sign in as:")
    for role, link, password in seats:
        console.print(f"{role:<9} {link}  password: {password}", soft_wrap=True, markup=False, highlight=False)


def announce(event: str, fields: dict[str, object]) -> None:
    """Print the supervisor's events, except start and stop, which the command itself prints."""
    if event == "leftovers.cleaned":
        ended = fields["ended"]
        names = ", ".join(map(str, ended.values())) if isinstance(ended, Mapping) else ""
        line = "[yellow]Cleaned up after an earlier run that was killed:[/yellow] {names}"
        errors.print(styled(line, names=names or "stale files"))
    elif event == "child.died":
        again = f"starting it again in {fields['restart_in']} s"
        line = "[yellow]{name} (process {pid}) died: {reason}[/yellow]; {again}."
        errors.print(styled(line, name=fields["name"], pid=fields["pid"], reason=fields["reason"], again=again))
    elif event == "child.restarted":
        errors.print(
            styled("[green]{name} runs again as process {pid}[/green].", name=fields["name"], pid=fields["pid"])
        )
