"""Commands of `proofdesk member` about what is kept of a member: erase, hold, and check a receipt."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.output import AsJson, console, print_fields, print_json, styled, when
from cli.tools import tools
from pipeline.kernel.errors import Invalid, Misconfigured, Problem
from pipeline.kernel.ids import new_id
from pipeline.kernel.signing import key_bytes
from pipeline.kernel.validation import parse
from pipeline.workflows.erasure import begin, copy, holds
from pipeline.workflows.erasure.begin import Asked
from pipeline.workflows.erasure.progress import erasure_of
from pipeline.workflows.erasure.receipts import is_genuine
from schemas.erasure import ErasureView, HoldRequest, SignedReceipt

MemberId = Annotated[str, typer.Argument(help="The member's id.")]
As = Annotated[str, typer.Option("--as", help="The person who does it; kept in the history.")]


def erase(
    member_id: MemberId,
    actor: As,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a member: on no page from now on, and nothing left by the policy's deadline. Nobody can take it back."""
    if not yes:
        typer.confirm(f"Erase everything of {member_id}? Nobody can take this back.", abort=True)
    with tools() as tool:
        begin.erase(member_id, asked=_asked(actor), db=tool.db, storage=tool.storage, policy=tool.policy)
        view = erasure_of(member_id, db=tool.db)
    _print(view, as_json=as_json)


def erasure(
    member_id: MemberId,
    receipt: Annotated[Path | None, typer.Option(help="Write the signed receipt into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a member's erasure is, and keep its receipt."""
    with tools() as tool:
        view = erasure_of(member_id, db=tool.db)
    if receipt is not None:
        if view.receipt is None:
            raise Invalid(
                [Problem("--receipt", "not_finished", "The erasure has not finished, so there is no receipt.")]
            )
        receipt.write_text(view.receipt.model_dump_json(indent=2) + "\n")
    _print(view, as_json=as_json)


def export(
    member_id: MemberId,
    to: Annotated[Path, typer.Option(help="The ZIP to write.", dir_okay=False)],
    actor: As,
) -> None:
    """Write a copy of everything that is kept about a member: their data as JSON, and their files."""
    with tools() as tool:
        files = copy.export(member_id, to, asked=_asked(actor), db=tool.db, storage=tool.storage)
    console.print(f"Written to {to}, with {files} files.")


def hold(
    member_id: MemberId,
    reason: Annotated[str, typer.Option(help="Why everything is kept; shown to administrators.")],
    until: Annotated[datetime, typer.Option(help="The end, in UTC: 2027-01-31 or 2027-01-31T12:00:00.")],
    actor: As,
    as_json: AsJson = False,
) -> None:
    """Place a legal hold: until then nothing of the member is swept or erased."""
    request = parse(HoldRequest, {"reason": reason, "until": f"{until.isoformat()}Z"})
    with tools() as tool:
        view = holds.place_hold(member_id, request, asked=_asked(actor), db=tool.db)
    if as_json:
        print_json(view)
    else:
        console.print(f"Everything of this member is kept until {view.until:%Y-%m-%d %H:%M} UTC.")


def release(member_id: MemberId, actor: As) -> None:
    """End a legal hold. An erasure that waited for it goes on."""
    with tools() as tool:
        holds.end_hold(member_id, asked=_asked(actor), db=tool.db)
    console.print("The hold has ended.")


def verify_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt, as `member erasure --receipt` writes it.", exists=True)],
    key: Annotated[
        str | None,
        typer.Option(
            help="The public key in base64, or file: and its path; without it, that of PROOFDESK_RECEIPT_KEY."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that we signed a receipt and that nobody changed it since. Exit 1 if not."""
    given = _read(file)
    genuine = is_genuine(given, public=key_bytes(key, "--key") if key else _own_key())
    if as_json:
        print_json({"genuine": genuine, "erasure_id": str(given.receipt.erasure_id)})
    elif genuine:
        console.print(f"Genuine: signed by us at the end of the erasure {given.receipt.erasure_id}.")
    else:
        console.print(styled("[red]Not genuine[/red]: it was changed, or another key signed it."))
    if not genuine:
        raise typer.Exit(1)


def _read(file: Path) -> SignedReceipt:
    try:
        return parse(SignedReceipt, orjson.loads(file.read_bytes()))
    except orjson.JSONDecodeError:
        raise Invalid([Problem("FILE", "invalid_json", "This file is no JSON. Give the receipt's file.")]) from None


def _own_key() -> bytes:
    with tools() as tool:
        if tool.signer is None:
            raise Misconfigured("There is no key to check with. Give --key, or set PROOFDESK_RECEIPT_KEY.")
        return tool.signer.public


def _asked(actor: str) -> Asked:
    return Asked(actor=actor, trace=f"cli:{new_id()}")


def _print(view: ErasureView, *, as_json: bool) -> None:
    if as_json:
        print_json(view)
        return
    steps = {f"  {name}": f"{at:%Y-%m-%d %H:%M:%S} UTC" for name, at in view.steps.items()}
    fields = {"erasure": view.erasure_id, "state": view.state, "deadline": when(view.deadline_at), **steps}
    print_fields({**fields, "files left": view.objects_left})
