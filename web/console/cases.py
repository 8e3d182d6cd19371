"""The routes of a case: take the next one, look at it, keep it, leave it, decide it, take the decision back."""

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import FormData

from pipeline.kernel import clock
from pipeline.kernel.errors import ClaimCapReached, Conflict, Invalid
from pipeline.kernel.validation import parse
from pipeline.review.cases.queue_stats import claims_of
from pipeline.review.claims.handover import take_up
from pipeline.review.claims.lease import leave, open_claim, reclaim, renew
from pipeline.review.claims.service import claim_next
from pipeline.review.decisions.decide import decide
from pipeline.review.decisions.undo import undo
from schemas.claims import Claim, TokenRequest
from schemas.decisions import Decided, DecisionRequest
from web.api.dependencies import Tools
from web.console.answers import decision_of, fields_of
from web.console.conflict import too_late
from web.console.desk import case_page, nothing_left
from web.console.forms import Form, Reviewing, pairs_of, repeatable, texts, written, wrong
from web.console.leaving import left_of

router = APIRouter()

_SAID: Final = {"approve": "Approved", "reject": "Rejected", "better_file": "Better file asked for"}


@router.post("/next")
def start(tools: Tools, person: Reviewing, form: Form) -> Response:
    """From the queue to a case: the one that is held already, else the next one."""
    held = [each for each in claims_of(person.reviewer_id, context=tools.review).claims if not each.offered]
    if held:
        return _to(held[0].claim.id)
    taken = claim_next(reviewer_id=person.reviewer_id, queues=_queues(form), context=tools.review)
    return _to(taken.id) if taken else RedirectResponse("/console/", 303)


@router.post("/next/part")
def prepare(request: Request, tools: Tools, person: Reviewing, form: Form) -> Response:
    """The next case as a part of the page, to be kept ready; where nothing waits, that in words."""
    try:
        taken = claim_next(reviewer_id=person.reviewer_id, queues=_queues(form), context=tools.review)
    except ClaimCapReached:
        return Response(status_code=204)
    if taken is None:
        return nothing_left(request, tools=tools)
    return case_page(request, taken.id, tools=tools, person=person, whole=False)


@router.get("/cases/{claim_id}")
def show(request: Request, claim_id: UUID, tools: Tools, person: Reviewing) -> Response:
    """The case that one holds; where it is held no more, what became of it."""
    try:
        return case_page(request, claim_id, tools=tools, person=person, whole=True)
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)


@router.post("/cases/{claim_id}/opened")
def open_case(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """The case is on the screen from now on."""
    try:
        return _lease(open_claim(claim_id, _token(form), reviewer_id=person.reviewer_id, context=tools.review))
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)


@router.post("/cases/{claim_id}/renew")
def keep(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """The page is open and looked at."""
    try:
        return _lease(renew(claim_id, _token(form), reviewer_id=person.reviewer_id, context=tools.review))
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)


@router.post("/leave", status_code=204)
def leave_cases(tools: Tools, person: Reviewing, form: Form) -> None:
    """The page is gone: what it held goes back to the queue."""
    leave(left_of(pairs_of(form)), reviewer_id=person.reviewer_id, context=tools.review)


@router.post("/cases/{claim_id}/take-up")
def take_up_offer(claim_id: UUID, tools: Tools, person: Reviewing) -> Response:
    """Accept what a colleague hands over."""
    return _to(take_up(claim_id, reviewer_id=person.reviewer_id, context=tools.review).id)


@router.post("/cases/{claim_id}/back")
def return_to(request: Request, claim_id: UUID, tools: Tools, person: Reviewing) -> Response:
    """Take a case again that one has left, where nobody else has it."""
    try:
        taken = reclaim(claim_id, reviewer_id=person.reviewer_id, context=tools.review)
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)
    return _lease(taken) if "HX-Request" in request.headers else _to(taken.id)


@router.post("/cases/{claim_id}/decision")
def decide_case(request: Request, claim_id: UUID, tools: Tools, person: Reviewing, form: Form) -> Response:
    """Record the decision. What is missing is named field by field; who was quicker, in words."""
    pairs = pairs_of(form)
    try:
        command = parse(DecisionRequest, decision_of(pairs))
        once = repeatable(request, person, f"console.{claim_id}.decide", command.model_dump(mode="json"))
        decided = decide(claim_id, command, reviewer_id=person.reviewer_id, context=tools.review, request=once)
    except Invalid as error:
        return wrong(fields_of(error.problems, texts(form, "material")))
    except Conflict as error:
        return too_late(request, claim_id, error, person=person)
    seconds = _undo_seconds(decided, clock.now(), tools.policy.review.undo_window_seconds)
    return JSONResponse({"decision": str(decided.id), "said": _SAID[decided.verdict], "undo_seconds": seconds})


@router.post("/decisions/{decision_id}/undo")
def undo_decision(request: Request, decision_id: UUID, tools: Tools, person: Reviewing) -> Response:
    """Take a decision back, and have its case again."""
    once = repeatable(request, person, f"console.{decision_id}.undo")
    taken = undo(decision_id, reviewer_id=person.reviewer_id, context=tools.review, request=once)
    return case_page(request, taken.id, tools=tools, person=person, whole=False)


def _undo_seconds(decided: Decided, now: datetime, window: int) -> float:
    """Until its effects leave; an opinion has none, and may be taken back until somebody else takes the case."""
    return max(0.0, (decided.effects_at - now).total_seconds()) if decided.effects_at else float(window)


def _queues(form: FormData) -> list[str]:
    return texts(form, "queue")


def _token(form: FormData) -> UUID:
    return parse(TokenRequest, {"token": written(form, "token")}).token


def _to(claim_id: UUID) -> RedirectResponse:
    return RedirectResponse(f"/console/cases/{claim_id}", 303)


def _lease(held: Claim) -> JSONResponse:
    """The claim as the page's script keeps it, with the seconds that are left by the server's clock."""
    left = (held.lease_until - clock.now()).total_seconds()
    return JSONResponse({**held.model_dump(mode="json"), "seconds_left": left})
