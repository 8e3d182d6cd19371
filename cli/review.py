"""Review at a terminal or from a script: the same use cases as the API."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError

from cli.output import AsJson, console, print_fields, print_json, print_table, when
from cli.submit import read_json
from cli.tools import tools
from pipeline.errors import Invalid
from pipeline.review import case as cases
from pipeline.review import claims
from pipeline.review.decide import decide as record_decision
from pipeline.review.undo import undo as take_back
from pipeline.validation import problems
from schemas.review import Case, CaseMaterial, DecisionRequest

app = typer.Typer(no_args_is_help=True, help="Claim a case, look at it, decide it, undo that.")

ClaimId = Annotated[UUID, typer.Argument(help="The claim's id, as `review claim` prints it.")]
As = Annotated[str, typer.Option("--as", envvar="PROOFDESK_REVIEWER", help="The reviewer who acts.")]
Token = Annotated[UUID, typer.Option(help="The claim's token.")]


def queue(as_json: AsJson = False) -> None:
    """What waits for review, by kind."""
    with tools() as tool:
        view = cases.queue(db=tool.db)
    if as_json:
        print_json(view.model_dump(mode="json"))
        return
    rows = [[line.kind, line.waiting, line.claimed, line.overdue, line.due_soonest_at] for line in view.queues]
    print_table(["queue", "waiting", "claimed", "overdue", "due soonest"], rows, empty="The queue is empty.")


@app.command()
def claim(
    reviewer: As,
    kind: Annotated[list[str] | None, typer.Option(help="Only cases of this kind; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take the case that is due soonest."""
    with tools() as tool:
        taken = claims.claim_next(reviewer_id=reviewer, kinds=kind or (), db=tool.db, policy=tool.policy)
        held = tool.case(taken.id, reviewer_id=reviewer) if taken else None
    if held is None:
        print_json(None) if as_json else console.print("Nothing waits for you.")
    else:
        _print_case(held, as_json=as_json)


@app.command()
def show(claim_id: ClaimId, reviewer: As, as_json: AsJson = False) -> None:
    """The case that you hold, with fresh links to its pages."""
    with tools() as tool:
        held = tool.case(claim_id, reviewer_id=reviewer)
    _print_case(held, as_json=as_json)


@app.command()
def renew(claim_id: ClaimId, token: Token, reviewer: As) -> None:
    """Keep the case longer."""
    with tools() as tool:
        renewed = claims.renew(claim_id, token, reviewer_id=reviewer, db=tool.db, policy=tool.policy)
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
        claims.release(claim_id, token, reviewer_id=reviewer, db=tool.db, skip_reason=skip)
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
    try:
        command = DecisionRequest.model_validate(read_json(decision))
    except ValidationError as error:
        raise Invalid(problems(error.errors(include_url=False))) from error
    with tools() as tool:
        decided = record_decision(claim_id, command, reviewer_id=reviewer, desk=tool.desk)
    shown = decided.model_dump(mode="json")
    print_json(shown) if as_json else print_fields(shown)


@app.command()
def undo(
    decision_id: Annotated[UUID, typer.Argument(help="The decision's id, as `review decide` prints it.")],
    reviewer: As,
    as_json: AsJson = False,
) -> None:
    """Take your decision back before its effects leave. The case is yours again."""
    with tools() as tool:
        claim = take_back(decision_id, reviewer_id=reviewer, desk=tool.desk)
        held = tool.case(claim.id, reviewer_id=reviewer)
    _print_case(held, as_json=as_json)


def _print_case(case: Case, *, as_json: bool) -> None:
    if as_json:
        print_json(case.model_dump(mode="json"))
        return
    facts: dict[str, Any] = {
        "claim": case.claim.id,
        "token": case.claim.token,
        "fence": case.claim.fence,
        "version": case.version,
        "yours until": case.claim.lease_until,
        "submission": case.submission_id,
        "kind": " ".join(filter(None, [case.kind, case.stage, case.identity])),
        "member": f"{case.member.name} ({case.member_id})",
        "due": f"{when(case.due.promise_at)}: {case.due.why}",
        **{f"form: {name}": value for name, value in case.form.items()},
        "earlier": ", ".join(f"{each.kind} {each.verdict}" for each in case.earlier) or "nothing",
    }
    print_fields(facts)
    for material in case.materials:
        console.print(f"\n[bold]{material.title}[/bold]  {material.filename or ''}  [dim]{material.id}[/dim]")
        for line in _noticed(material):
            console.print(f"  [yellow]{line}[/yellow]")
        for item in material.checklist:
            console.print(f"  ▢ {item.text}  [dim]{item.code} {' '.join(item.facts)}[/dim]")
        for page in material.pages:
            if page.purpose == "large":
                console.print(f"  page {page.page}: {page.url}", soft_wrap=True)
    print_table(
        ["reason", "what the member reads"], [[each.code, each.text] for each in case.reasons], title="\nReasons"
    )


def _noticed(material: CaseMaterial) -> Iterator[str]:
    """The signals that a reviewer should know of, in words."""
    signals = material.signals
    faces = (signals.get("faces") or {}).get("count")
    if faces is not None and faces != 1 and material.kind == "avatar":
        yield f"{faces} faces found"
    if (signals.get("blur") or {}).get("blurred"):
        yield "the picture is blurred"
    if edited_by := (signals.get("exif") or {}).get("edited_by"):
        yield f"edited with {edited_by}"
    for field, match in (signals.get("form") or {}).get("fields", {}).items():
        where = f"found on page {match['page']}" if match["found"] else "not found in the text"
        yield f"{field.replace('_', ' ')} of the form: {where}"
    for each in material.duplicates:
        yield f"{'the same file' if each.exact else 'looks like one'} of member {each.member_id} (submission {each.submission_id})"
