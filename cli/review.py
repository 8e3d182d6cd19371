"""Review at a terminal or from a script: the same use cases as the API."""

from typing import Annotated
from uuid import UUID

import typer

from cli.bodies import checked
from cli.case import print_case
from cli.output import AsJson, console, print_fields, print_json, print_table, when
from cli.submit import read_json
from cli.tools import tools
from pipeline.review.cases import queue_stats as queues
from pipeline.review.claims import handover, lease, service
from pipeline.review.claims.escalation import escalate as pass_on
from pipeline.review.decisions.decide import decide as record_decision
from pipeline.review.decisions.undo import undo as take_back
from pipeline.submission.queues import Queue
from pipeline.workflows.review_case import review_case
from schemas.claims import EscalateRequest, HandOverRequest
from schemas.decisions import DecisionRequest

app = typer.Typer(no_args_is_help=True, help="Claim a case, look at it, decide it or pass it on, undo that.")

ClaimId = Annotated[UUID, typer.Argument(help="The claim's id, as `review claim` prints it.")]
As = Annotated[str, typer.Option("--as", envvar="PROOFDESK_REVIEWER", help="The reviewer who acts.")]
Token = Annotated[UUID, typer.Option(help="The claim's token.")]


def waiting(as_json: AsJson = False) -> None:
    """What waits for review, by queue."""
    with tools() as tool:
        view = queues.queue(context=tool.review)
    if as_json:
        print_json(view.model_dump(mode="json"))
        return
    rows = [
        [line.queue, f"{line.waiting}+" if line.more else line.waiting, line.claimed, line.overdue, line.due_soonest_at]
        for line in view.queues
    ]
    print_table(["queue", "waiting", "claimed", "overdue", "due soonest"], rows, empty="The queue is empty.")


@app.command()
def claim(
    reviewer: As,
    kind: Annotated[list[str] | None, typer.Option(help="Only cases of this kind; may be repeated.")] = None,
    queue: Annotated[list[Queue] | None, typer.Option(help="Only from this queue; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take what a colleague offers you, or the case that is due soonest."""
    with tools() as tool:
        taken = service.claim_next(reviewer_id=reviewer, kinds=kind or (), queues=queue or (), context=tool.review)
        held = review_case(taken.id, reviewer_id=reviewer, context=tool.review) if taken else None
    if held is None:
        print_json(None) if as_json else console.print("Nothing waits for you.")
    else:
        print_case(held, as_json=as_json)


@app.command()
def show(claim_id: ClaimId, reviewer: As, as_json: AsJson = False) -> None:
    """The case that you hold, with fresh links to its pages."""
    with tools() as tool:
        held = review_case(claim_id, reviewer_id=reviewer, context=tool.review)
    print_case(held, as_json=as_json)


@app.command()
def renew(claim_id: ClaimId, token: Token, reviewer: As) -> None:
    """Keep the case longer."""
    with tools() as tool:
        renewed = lease.renew(claim_id, token, reviewer_id=reviewer, context=tool.review)
    console.print(f"Yours until {renewed.lease_until:%H:%M:%S} UTC ({when(renewed.lease_until)}).")


@app.command()
def release(
    claim_id: ClaimId,
    token: Token,
    reviewer: As,
    skip: Annotated[str | None, typer.Option(help="Why you do not want to be offered it again.")] = None,
) -> None:
    """Give the case back to the queue."""
    with tools() as tool:
        service.release(claim_id, token, reviewer_id=reviewer, context=tool.review, skip_reason=skip)
    console.print("Released.")


@app.command()
def decide(
    claim_id: ClaimId,
    reviewer: As,
    decision: Annotated[
        str, typer.Option(help="A file with the decision as JSON (the API's body), or - for standard input.")
    ] = "-",
    as_json: AsJson = False,
) -> None:
    """Decide the case. `review show --json` has token, fence, version, checklist and facts to fill in."""
    command = checked(DecisionRequest, read_json(decision))
    with tools() as tool:
        decided = record_decision(claim_id, command, reviewer_id=reviewer, context=tool.review)
    shown = decided.model_dump(mode="json")
    print_json(shown) if as_json else print_fields(shown)


@app.command("better-file")
def better_file(
    claim_id: ClaimId,
    token: Token,
    reviewer: As,
    reason: Annotated[list[str] | None, typer.Option(help="What is wrong with the file; may be repeated.")] = None,
    message: Annotated[str | None, typer.Option(help="A sentence for the member.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the member for a better file. It costs them no chance."""
    with tools() as tool:
        case = review_case(claim_id, reviewer_id=reviewer, context=tool.review)
        command = checked(
            DecisionRequest,
            token=token,
            fence=case.claim.fence,
            version=case.version,
            verdict="better_file",
            reasons=reason or (),
            message=message,
        )
        decided = record_decision(claim_id, command, reviewer_id=reviewer, context=tool.review)
    shown = decided.model_dump(mode="json")
    print_json(shown) if as_json else print_fields(shown)


@app.command()
def escalate(
    claim_id: ClaimId,
    token: Token,
    reviewer: As,
    note: Annotated[str, typer.Option(help="Why a senior should look at it.")],
) -> None:
    """Pass the case on to the seniors."""
    with tools() as tool:
        pass_on(claim_id, checked(EscalateRequest, token=token, note=note), reviewer_id=reviewer, context=tool.review)
    console.print("Escalated.")


@app.command("hand-over")
def hand_over(
    claim_id: ClaimId,
    colleague: Annotated[str, typer.Argument(help="Who is to have it.")],
    token: Token,
    reviewer: As,
    note: Annotated[str | None, typer.Option(help="A word to them.")] = None,
) -> None:
    """Offer the case to one colleague, for a while."""
    command = checked(HandOverRequest, token=token, colleague=colleague, note=note)
    with tools() as tool:
        handed = handover.hand_over(claim_id, command, reviewer_id=reviewer, context=tool.review)
    console.print(f"Offered to {colleague} until {handed.until:%H:%M:%S} UTC ({when(handed.until)}).")


@app.command("take-up")
def take_up(claim_id: ClaimId, reviewer: As, as_json: AsJson = False) -> None:
    """Accept what a colleague offers you. `review release` declines it."""
    with tools() as tool:
        handover.take_up(claim_id, reviewer_id=reviewer, context=tool.review)
        held = review_case(claim_id, reviewer_id=reviewer, context=tool.review)
    print_case(held, as_json=as_json)


@app.command()
def mine(reviewer: As, as_json: AsJson = False) -> None:
    """What you hold and what colleagues offer you."""
    with tools() as tool:
        held = queues.claims_of(reviewer, context=tool.review)
    if as_json:
        print_json(held.model_dump(mode="json"))
        return
    rows = [
        ["offered" if each.offered else "yours", each.queue, when(each.claim.lease_until), each.claim.id]
        for each in held.claims
    ]
    print_table(["is", "queue", "ends", "claim"], rows, empty="You hold nothing.")


@app.command()
def undo(
    decision_id: Annotated[UUID, typer.Argument(help="The decision's id, as `review decide` prints it.")],
    reviewer: As,
    as_json: AsJson = False,
) -> None:
    """Take your decision back before its effects leave. The case is yours again."""
    with tools() as tool:
        claim = take_back(decision_id, reviewer_id=reviewer, context=tool.review)
        held = review_case(claim.id, reviewer_id=reviewer, context=tool.review)
    print_case(held, as_json=as_json)
