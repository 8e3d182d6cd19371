"""Members' levels, for leads: why a member has a level, corrections, and what refunds put in doubt."""

from typing import Annotated
from uuid import UUID

import typer

from cli.output import AsJson, console, print_fields, print_json, print_table
from cli.tools import tools
from config.container import Container
from pipeline.kernel.ids import new_id
from pipeline.kernel.validation import parse
from pipeline.membership.corrections import correct
from pipeline.membership.spend_reviews import resolve
from pipeline.membership.spend_reviews import reviews as listed
from pipeline.membership.views import membership_of
from pipeline.submission.context import Context
from schemas.corrections import CorrectionCause, ReviewState, SettlementRequest, SpendReview, StageCorrectionRequest
from schemas.members import MembershipView, Money

app = typer.Typer(no_args_is_help=True, help="Why a member has a level; correct it; settle what refunds put in doubt.")

As = Annotated[str, typer.Option("--as", help="Who corrects: it is kept with the correction.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]


@app.command()
def show(member_id: Annotated[str, typer.Argument(help="The member's id.")], as_json: AsJson = False) -> None:
    """The level with its benefits, what orders come to, and every change with its cause."""
    with tools() as tool:
        view = membership_of(member_id, db=tool.db, policy=tool.policy)
    if as_json:
        print_json(view.model_dump(mode="json"))
    else:
        _print(view)


@app.command("correct")
def correct_stage(
    member_id: Annotated[str, typer.Argument(help="The member's id.")],
    stage: Annotated[str, typer.Option(help="The stage that is given or taken away.")],
    unlocked: Annotated[bool, typer.Option("--give/--take-away", help="Whether the member is to have it.")],
    reason: Reason,
    actor: As,
    because: Annotated[CorrectionCause, typer.Option(help="What was wrong.")] = "mistake",
    supersedes: Annotated[
        UUID | None, typer.Option(help="The decision or event that was wrong; without it, all that unlock the stage.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a stage or take it away. The level follows, with an event and a mail."""
    said = {"stage": stage, "unlocked": unlocked, "because": because, "reason": reason, "supersedes": supersedes}
    request = parse(StageCorrectionRequest, said)
    with tools() as tool:
        made = correct(member_id, request, context=_context(tool, actor))
    shown = made.model_dump(mode="json")
    print_json(shown) if as_json else print_fields(shown)


@app.command()
def reviews(
    state: Annotated[ReviewState, typer.Option(help="How far they are.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: AsJson = False,
) -> None:
    """Stages whose members came below the amount by refunds, the earliest first."""
    with tools() as tool:
        currency = tool.policy.spend.base_currency
        found = listed(state=state, cursor=None, limit=limit, currency=currency, db=tool.db)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    rows = [[each.id, each.member_id, each.stage, _words(each.spent), _words(each.needed)] for each in found.items]
    print_table(["review", "member", "stage", "orders come to", "needed"], rows, empty="Nothing is in doubt.")


@app.command()
def settle(
    review_id: Annotated[UUID, typer.Argument(help="The review's id, as `membership reviews` prints it.")],
    keep: Annotated[bool, typer.Option("--keep/--take-away", help="Whether the member keeps the stage.")],
    reason: Reason,
    actor: As,
    as_json: AsJson = False,
) -> None:
    """Settle whether a member keeps a stage."""
    request = parse(SettlementRequest, {"verdict": "keep" if keep else "take_away", "reason": reason})
    with tools() as tool:
        settled = resolve(review_id, request, context=_context(tool, actor))
    _print_review(settled, as_json=as_json)


def _context(tool: Container, actor: str) -> Context:
    return tool.context(actor=actor, trace=f"cli:{new_id()}")


def _print(view: MembershipView) -> None:
    unlocked = ", ".join(each.stage for each in view.stages if each.unlocked)
    print_fields(
        {
            "member": view.member_id,
            "level": view.level,
            "benefits": ", ".join(view.benefits),
            "stages": unlocked,
            "orders come to": _words(view.spent),
        }
    )
    rows = [
        [each.at, each.from_level, each.to_level, each.because, each.submission_id or each.source_id or each.cause]
        for each in view.history
    ]
    print_table(["at", "from", "to", "because", "cause"], rows, title="\nHow it came to be", empty="No change yet.")


def _print_review(review: SpendReview, *, as_json: bool) -> None:
    shown = review.model_dump(mode="json")
    if as_json:
        print_json(shown)
    else:
        console.print(f"The review is settled: {review.state.replace('_', ' ')}.")


def _words(money: Money) -> str:
    return f"{money.amount} {money.currency}"
