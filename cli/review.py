from dataclasses import replace
from typing import Annotated
from uuid import UUID

import typer

from cli.case import print_case
from cli.output import AsJson, console, print_json, print_listed, print_result, when
from cli.submit import read_json
from cli.tools import acting_as, tools
from pipeline.kernel.validation import parse
from pipeline.review.cases import queue_stats as queues
from pipeline.review.claims import handover, lease, service
from pipeline.review.claims.escalation import escalate as pass_on
from pipeline.review.decisions.decide import decide as record_decision
from pipeline.review.decisions.undo import undo as take_back
from pipeline.submission.lifecycle import Queue
from pipeline.workflows.review_case import review_case
from schemas.claims import EscalateRequest, HandOverRequest
from schemas.decisions import DecisionRequest

app = typer.Typer(no_args_is_help=True, help="Claim a case, look at it, decide it or pass it on, undo a decision.")

ClaimId = Annotated[UUID, typer.Argument(help="The claim's id, as `review claim` prints it.")]
As = Annotated[
    str | None,
    typer.Option("--as", envvar="PROOFDESK_REVIEWER", help="In the embedded profile only: the reviewer who acts."),
]
Token = Annotated[UUID, typer.Option(help="The claim's token.")]


def queue_counts(as_json: AsJson = False) -> None:
    """Count the cases that wait for review, by queue."""
    with tools() as tool:
        view = queues.queue(context=replace(tool.review, db=tool.reading))
    rows = [
        [line.queue, f"{line.waiting}+" if line.more else line.waiting, line.claimed, line.overdue, line.due_soonest_at]
        for line in view.queues
    ]
    columns = ["queue", "waiting", "claimed", "overdue", "due soonest"]
    print_listed(view, columns, rows, as_json=as_json, empty="No case waits for review.")


@app.command()
def claim(
    reviewer: As = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only cases of this kind; may be repeated.")] = None,
    queue: Annotated[list[Queue] | None, typer.Option(help="Only from this queue; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Claim the case that a colleague offers you, else the one that is due soonest."""
    with acting_as(reviewer) as (tool, who):
        taken = service.claim_next(reviewer_id=who, kinds=kind or (), queues=queue or (), context=tool.review)
        case = review_case(taken.id, reviewer_id=who, context=tool.review) if taken else None
    if case is not None:
        print_case(case, as_json=as_json)
    elif as_json:
        print_json(None)
    else:
        console.print("No case waits for you.")


@app.command()
def show(claim_id: ClaimId, reviewer: As = None, as_json: AsJson = False) -> None:
    """Show a case that you have claimed, with fresh links to its pages."""
    with acting_as(reviewer) as (tool, who):
        case = review_case(claim_id, reviewer_id=who, context=tool.review)
    print_case(case, as_json=as_json)


@app.command()
def renew(claim_id: ClaimId, token: Token, reviewer: As = None) -> None:
    """Renew the claim's lease."""
    with acting_as(reviewer) as (tool, who):
        renewed = lease.renew(claim_id, token, reviewer_id=who, context=tool.review)
    console.print(f"Yours until {renewed.lease_until:%H:%M:%S} UTC ({when(renewed.lease_until)}).")


@app.command()
def release(
    claim_id: ClaimId,
    token: Token,
    reviewer: As = None,
    skip: Annotated[str | None, typer.Option(help="Skip the case for good, for this reason.")] = None,
) -> None:
    """Release the case back to its queue, or decline a colleague's offer."""
    with acting_as(reviewer) as (tool, who):
        service.release(claim_id, token, reviewer_id=who, context=tool.review, skip_reason=skip)
    console.print("Released.")


@app.command()
def decide(
    claim_id: ClaimId,
    reviewer: As = None,
    decision: Annotated[
        str, typer.Option(help="A file with the decision as JSON (the API's body), or - for standard input.")
    ] = "-",
    as_json: AsJson = False,
) -> None:
    """Decide the case. Take token, fence, version, checklist and facts from `review show --json`."""
    command = parse(DecisionRequest, read_json(decision))
    with acting_as(reviewer) as (tool, who):
        decided = record_decision(claim_id, command, reviewer_id=who, context=tool.review)
    print_result(decided, as_json=as_json)


@app.command("better-file")
def better_file(
    claim_id: ClaimId,
    token: Token,
    reviewer: As = None,
    reason: Annotated[list[str] | None, typer.Option(help="What is wrong with the file; may be repeated.")] = None,
    message: Annotated[str | None, typer.Option(help="A message to the member.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the member for a better file. The member keeps the chance."""
    with acting_as(reviewer) as (tool, who):
        case = review_case(claim_id, reviewer_id=who, context=tool.review)
        looked_at = {"token": token, "fence": case.claim.fence, "version": case.version}
        body = {**looked_at, "verdict": "better_file", "reasons": reason or (), "message": message}
        decided = record_decision(claim_id, parse(DecisionRequest, body), reviewer_id=who, context=tool.review)
    print_result(decided, as_json=as_json)


@app.command()
def escalate(
    claim_id: ClaimId,
    token: Token,
    note: Annotated[str, typer.Option(help="Why a senior should look at it.")],
    reviewer: As = None,
) -> None:
    """Pass the case on to the queue `senior`."""
    with acting_as(reviewer) as (tool, who):
        body = parse(EscalateRequest, {"token": token, "note": note})
        pass_on(claim_id, body, reviewer_id=who, context=tool.review)
    console.print("Escalated.")


@app.command("hand-over")
def hand_over(
    claim_id: ClaimId,
    colleague: Annotated[str, typer.Argument(help="The colleague's reviewer id.")],
    token: Token,
    reviewer: As = None,
    note: Annotated[str | None, typer.Option(help="A note to the colleague.")] = None,
) -> None:
    """Offer the case to one colleague, for a limited time."""
    command = parse(HandOverRequest, {"token": token, "colleague": colleague, "note": note})
    with acting_as(reviewer) as (tool, who):
        handed = handover.hand_over(claim_id, command, reviewer_id=who, context=tool.review)
    console.print(f"Offered to {colleague} until {handed.until:%H:%M:%S} UTC ({when(handed.until)}).")


@app.command("take-up")
def take_up(claim_id: ClaimId, reviewer: As = None, as_json: AsJson = False) -> None:
    """Accept a case that a colleague offers you. `review release` declines it."""
    with acting_as(reviewer) as (tool, who):
        handover.take_up(claim_id, reviewer_id=who, context=tool.review)
        case = review_case(claim_id, reviewer_id=who, context=tool.review)
    print_case(case, as_json=as_json)


@app.command()
def mine(reviewer: As = None, as_json: AsJson = False) -> None:
    """List the cases that you have claimed and those that colleagues offer you."""
    with acting_as(reviewer) as (tool, who):
        held = queues.claims_of(who, context=tool.review)
    rows = [
        ["offered" if each.offered else "claimed", each.queue, when(each.claim.lease_until), each.claim.id]
        for each in held.claims
    ]
    print_listed(held, ["state", "queue", "ends", "claim"], rows, as_json=as_json, empty="You have no case.")


@app.command()
def undo(
    decision_id: Annotated[UUID, typer.Argument(help="The decision's id, as `review decide` prints it.")],
    reviewer: As = None,
    as_json: AsJson = False,
) -> None:
    """Undo your decision within its undo window. You get the case again."""
    with acting_as(reviewer) as (tool, who):
        claim = take_back(decision_id, reviewer_id=who, context=tool.review)
        case = review_case(claim.id, reviewer_id=who, context=tool.review)
    print_case(case, as_json=as_json)
