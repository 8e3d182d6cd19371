from typing import Annotated

import typer

from cli.membership import As, Reason
from cli.output import AsJson, print_result
from cli.tools import leading
from pipeline.account.points import correct
from pipeline.kernel.ids import new_id
from pipeline.kernel.validation import parse
from schemas.points import CorrectionRequest

app = typer.Typer(no_args_is_help=True, help="Correct a member's points.")


@app.callback()
def _group() -> None:
    """A group, so that its one command has a name of its own."""


@app.command("correct")
def correct_points(
    member_id: Annotated[str, typer.Argument(help="The member's id.")],
    points: Annotated[int, typer.Option(help="How many to add; below zero to take away.")],
    reason: Reason,
    actor: As = None,
    corrects: Annotated[int | None, typer.Option(help="The number of the entry that was wrong.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add points or take them away. The balance may become negative; the member is mailed."""
    request = parse(CorrectionRequest, {"points": points, "reason": reason, "corrects": corrects})
    with leading(actor, member_id) as (tool, who):
        entry = correct(member_id, request, context=tool.context(actor=who, trace=f"cli:{new_id()}"))
    print_result(entry, as_json=as_json)
