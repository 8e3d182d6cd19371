from typing import Annotated
from uuid import UUID

import typer

from cli.output import AsJson, console, print_fields, print_json, print_listed, print_result, print_table
from cli.tools import leading, operator, tools
from config.container import Container
from pipeline.audit.reads import member_read
from pipeline.kernel.ids import new_id
from pipeline.kernel.validation import parse
from pipeline.membership.corrections import correct
from pipeline.membership.spend_reviews import resolve
from pipeline.membership.spend_reviews import reviews as listed
from pipeline.membership.views import membership_of
from pipeline.submission.context import Context
from schemas.corrections import CorrectionCause, ReviewState, SettlementRequest, SpendReview, StageCorrectionRequest
from schemas.members import MembershipView, Money

app = typer.Typer(
    no_args_is_help=True, help="Show why a member has a level, correct it, and decide the reviews that refunds opened."
)

As = Annotated[
    str | None,
    typer.Option(
        "--as", help="In a trial: the lead who does it. Else the lead is the person of the key in PROOFDESK_REVIEW_KEY."
    ),
]
Reason = Annotated[str, typer.Option(help="The reason; kept in the history.")]


@app.command()
def show(member_id: Annotated[str, typer.Argument(help="The member's id.")], as_json: AsJson = False) -> None:
    """Show a member's level with its benefits, the sum of orders, and every change with its cause."""
    with tools() as tool:
        member_read(tool.db, actor=operator(), route="membership show", member_id=member_id)
        view = membership_of(member_id, db=tool.db, policy=tool.policy)
    if as_json:
        print_json(view)
    else:
        _print(view)


@app.command("correct")
def correct_stage(
    member_id: Annotated[str, typer.Argument(help="The member's id.")],
    stage: Annotated[str, typer.Option(help="The stage to give or to take away.")],
    unlocked: Annotated[bool, typer.Option("--give/--take-away", help="Give the stage, or take it away.")],
    reason: Reason,
    actor: As = None,
    because: Annotated[CorrectionCause, typer.Option(help="The cause of the correction.")] = "mistake",
    supersedes: Annotated[
        UUID | None, typer.Option(help="The wrong decision or event; without it, all that unlocked the stage.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a stage or take it away. The level follows, with an event and a mail."""
    body = {"stage": stage, "unlocked": unlocked, "because": because, "reason": reason, "supersedes": supersedes}
    request = parse(StageCorrectionRequest, body)
    with leading(actor, member_id) as (tool, who):
        made = correct(member_id, request, context=_context(tool, who))
    print_result(made, as_json=as_json)


@app.command()
def reviews(
    state: Annotated[ReviewState, typer.Option(help="Only reviews in this state.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: AsJson = False,
) -> None:
    """List the reviews of stages whose members fell below the required amount by refunds, the earliest first."""
    with tools() as tool:
        currency = tool.policy.spend.base_currency
        member_read(tool.db, actor=operator(), route="membership reviews")
        found = listed(state=state, cursor=None, limit=limit, currency=currency, db=tool.db)
    rows = [[each.id, each.member_id, each.stage, _words(each.spent), _words(each.needed)] for each in found.items]
    columns = ["review", "member", "stage", "sum of orders", "required"]
    print_listed(found, columns, rows, as_json=as_json, empty="There is no such review.")


@app.command()
def settle(
    review_id: Annotated[UUID, typer.Argument(help="The review's id, as `membership reviews` prints it.")],
    keep: Annotated[bool, typer.Option("--keep/--take-away", help="Let the member keep the stage, or take it away.")],
    reason: Reason,
    actor: As = None,
    as_json: AsJson = False,
) -> None:
    """Decide a review: the member keeps the stage or loses it."""
    request = parse(SettlementRequest, {"verdict": "keep" if keep else "take_away", "reason": reason})
    with leading(actor) as (tool, who):
        settled = resolve(review_id, request, context=_context(tool, who))
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
            "sum of orders": _words(view.spent),
        }
    )
    rows = [
        [each.at, each.from_level, each.to_level, each.because, each.submission_id or each.source_id or each.cause]
        for each in view.history
    ]
    print_table(["at", "from", "to", "because", "cause"], rows, title="\nChanges of the level", empty="No change yet.")


def _print_review(review: SpendReview, *, as_json: bool) -> None:
    if as_json:
        print_json(review)
    else:
        console.print(f"The review is decided: {review.state.replace('_', ' ')}.")


def _words(money: Money) -> str:
    return f"{money.amount} {money.currency}"
