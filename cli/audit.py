import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from cli.output import AsJson, console, print_json, styled, when
from cli.tools import operator, tools
from config.container import Container
from pipeline.audit.checkpoints import publish
from pipeline.audit.keys import Trusted, trusted
from pipeline.audit.sealing import BATCH
from pipeline.audit.verify import Verification
from pipeline.kernel.errors import Invalid, Misconfigured, Problem
from pipeline.kernel.signing import KEY_BYTES
from pipeline.workflows.audit import COLUMNS, Wanted, csv_line, exported, json_line, record_export

app = typer.Typer(no_args_is_help=True, help="The record of who did what: prove it, take rows out.")


class Format(StrEnum):
    """How rows are written."""

    JSONL = "jsonl"
    CSV = "csv"


_LINES: Final[Mapping[Format, Callable[[Mapping[str, Any]], str]]] = {Format.JSONL: json_line, Format.CSV: csv_line}

From = Annotated[datetime | None, typer.Option("--from", help="From this time on, UTC.")]
PublicKeys = Annotated[
    list[str] | None, typer.Option("--public-key", help="A public key to trust, in base64; may be repeated.")
]


@app.command()
def verify(
    since: From = None,
    public_key: PublicKeys = None,
    most: Annotated[int, typer.Option(min=1, help="Print no more faults than these; all are counted.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Check the record against its seals, and these against the checkpoints in the object store. Exit 1 on a fault."""
    with tools() as tool:
        check = Verification(tool.reading, tool.storage, _trusted(tool, public_key or ()))
        faults = check.faults(_utc(since))
        shown = list(islice(faults, most))
        if not as_json:
            for each in shown:
                line = styled("[red]{kind}[/red]: {words}", kind=each.kind, words=each.words)
                console.print(line, soft_wrap=True, highlight=False)
        count = len(shown) + sum(1 for _ in faults)
    if as_json:
        numbers = {
            "rows": check.rows,
            "seals": check.seals,
            "checkpoints": check.checkpoints,
            "unsealed": check.unsealed,
        }
        found = {"ok": not count, "faults": [asdict(each) for each in shown], "faults_counted": count}
        print_json({**found, **numbers, "sealed_until": check.sealed_until})
    else:
        _print_outcome(check, count)
    if count:
        raise typer.Exit(1)


@app.command()
def export(
    member: Annotated[str | None, typer.Option(help="Only what is about this member.")] = None,
    submission: Annotated[UUID | None, typer.Option(help="Only what is about this submission.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person, key or process did.")] = None,
    since: From = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Before this time, UTC.")] = None,
    written: Annotated[
        Format, typer.Option("--format", help="Lines of JSON, or CSV for a spreadsheet.")
    ] = Format.JSONL,
    to: Annotated[Path | None, typer.Option("--out", help="Write into this file, not to standard output.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format jsonl.")] = False,
) -> None:
    """Take rows out of the record, the earliest first. The export itself is recorded."""
    wanted = Wanted(member_id=member, submission_id=submission, actor=actor, since=_utc(since), until=_utc(until))
    chosen = Format.JSONL if as_json else written
    with tools() as tool, _lines_to(to) as put:
        record_export(wanted, actor=operator(), db=tool.db)
        if chosen is Format.CSV:
            put(csv_line({name: name for name in COLUMNS}))
        for row in exported(wanted, db=tool.reading):
            put(_LINES[chosen](row))


@app.command()
def checkpoint(as_json: AsJson = False) -> None:
    """Seal what is committed, and put what the latest seal says into the object store. For a process that has the key."""
    with tools() as tool:
        if tool.audit_signer is None:
            raise Misconfigured("Only a process with PROOFDESK_AUDIT_SIGNING_KEY can seal.")
        while tool.audit_sealer.seal() == BATCH:
            pass
        said = publish(tool.db, tool.storage)
    shown = said.shown() if said is not None else None
    if as_json:
        print_json(shown)
    else:
        console.print(
            f"Seal {said.number} with {said.rows} rows is in the store." if said else "Nothing is recorded yet."
        )


@app.command("public-key")
def public_key() -> None:
    """Print the public key of PROOFDESK_AUDIT_SIGNING_KEY, for whoever checks the record elsewhere."""
    with tools() as tool:
        if tool.audit_signer is None:
            raise Misconfigured("There is no PROOFDESK_AUDIT_SIGNING_KEY.")
        typer.echo(base64.b64encode(tool.audit_signer.public).decode())


@app.command()
def digest(words: Annotated[str, typer.Argument(help="An address, or what somebody searched for.")]) -> None:
    """Print the digest by which the record keeps an address or a search."""
    with tools() as tool:
        if tool.audit_digests is None:
            raise Misconfigured("There is no PROOFDESK_AUDIT_DIGEST_KEY.")
        typer.echo(tool.audit_digests.of(words))


def _print_outcome(check: Verification, count: int) -> None:
    seen = f"{check.rows} rows in {check.seals} seals, {check.checkpoints} checkpoints"
    until = f"sealed until {when(check.sealed_until)}" if check.sealed_until else "nothing is sealed"
    console.print(f"{seen}, {until}; {check.unsealed} rows are younger than the last seal.")
    outcome = "[red]Faults: {count}.[/red]" if count else "[green]The record is as it was sealed.[/green]"
    console.print(styled(outcome, count=count))


def _trusted(tool: Container, given: Iterator[str] | list[str] | tuple[()]) -> Trusted:
    try:
        keys = [base64.b64decode(each, validate=True) for each in given]
    except binascii.Error:
        keys = [b""]
    if any(len(key) != KEY_BYTES for key in keys):
        raise Invalid([Problem("--public-key", "invalid_key", f"A public key is {KEY_BYTES} bytes in base64.")])
    found = trusted(*keys) if keys else tool.audit_trusted
    if not found.keys:
        raise Misconfigured(
            "There is no key to check with. Set PROOFDESK_AUDIT_TRUSTED_KEYS, or give --public-key: "
            "`proofdesk audit public-key` prints it where the signing key is."
        )
    return found


@contextmanager
def _lines_to(path: Path | None) -> Iterator[Callable[[str], None]]:
    if path is None:
        yield typer.echo
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield lambda line: print(line, file=file)


def _utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given is not None and given.tzinfo is None else given
