from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from config.container import Container
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.kernel.errors import Conflict, Invalid, NotFound
from pipeline.kernel.validation import parse
from pipeline.review.quality.adjudication import adjudicate, adjudication, adjudications, page_of
from pipeline.review.quality.golden import golden_cases, mark, retire
from schemas.quality import AdjudicationRequest, GoldenRequest
from web.api.dependencies import Tools
from web.console.forms import Form, written
from web.console.pictures import picture
from web.console.queues import TITLES
from web.console.render import render
from web.console.session import Person, needs

router = APIRouter(prefix="/quality")

Leading = Annotated[Person, Depends(needs(Right.QUALITY))]
GOLDEN: Final = "/console/quality/golden"


@router.get("/disagreements")
def get_adjudications(request: Request, tools: Tools, person: Leading) -> Response:
    """The disagreements that wait for a ruling, and those that were ruled on."""
    by = person.reviewer_id
    waiting = adjudications(by=by, context=tools.review)
    ruled = adjudications(done=True, limit=50, by=by, context=tools.review)
    return render(request, "adjudications.html", waiting=waiting, ruled=ruled, **_words())


@router.get("/disagreements/{check_id}")
def get_adjudication(request: Request, tools: Tools, person: Leading, check_id: UUID) -> Response:
    """One disagreement, with both sides and what both saw."""
    found = adjudication(check_id, by=person.reviewer_id, context=tools.review)
    return render(request, "adjudication.html", found=found, **_words())


@router.get("/disagreements/{check_id}/pages/{material_id}/{page}")
def get_page(tools: Tools, person: Leading, check_id: UUID, material_id: UUID, page: int) -> Response:
    """One page of what both saw. Each look is logged."""
    body = page_of(check_id, material_id, page, by=person.reviewer_id, context=tools.review)
    return picture(body)


@router.post("/disagreements/{check_id}")
def post_ruling(tools: Tools, person: Leading, check_id: UUID, form: Form) -> Response:
    """Rule which of the two was right."""
    command = parse(AdjudicationRequest, {"ruling": written(form, "ruling"), "note": written(form, "note")})
    adjudicate(check_id, command, by=person.reviewer_id, context=tools.review)
    return RedirectResponse("/console/quality/disagreements", 303)


@router.get("/golden")
def get_golden(request: Request, tools: Tools, _person: Leading) -> Response:
    """The golden cases, and a form to mark another."""
    return _golden(request, tools)


@router.post("/golden")
def post_golden(request: Request, tools: Tools, person: Leading, form: Form) -> Response:
    """Mark a decided case as golden."""
    given = {
        "submission_id": written(form, "submission_id"),
        "verdict": written(form, "verdict"),
        "reasons": form.getlist("reasons"),
        "note": written(form, "note"),
    }
    try:
        mark(parse(GoldenRequest, given), by=person.reviewer_id, context=tools.review)
    except (Invalid, Conflict, NotFound) as error:
        return _golden(request, tools, given=given, problem=error)
    return RedirectResponse(GOLDEN, 303)


@router.post("/golden/{golden_id}/retire")
def post_retirement(tools: Tools, person: Leading, golden_id: UUID) -> Response:
    """Retire a golden case: no reviewer gets it any more."""
    retire(golden_id, by=person.reviewer_id, context=tools.review)
    return RedirectResponse(GOLDEN, 303)


def _golden(
    request: Request, tools: Container, *, given: dict[str, Any] | None = None, problem: Exception | None = None
) -> Response:
    return render(
        request,
        "quality_golden.html",
        status=422 if problem else 200,
        cases=golden_cases(by=request.state.person.reviewer_id, context=tools.review),
        given=given or {"submission_id": None, "verdict": None, "reasons": [], "note": None},
        problems=_sentences(problem),
        reasons={
            kind: list(tools.policy.reasons_for(kind=kind, verdict="reject")) for kind in ("avatar", "verification")
        },
        **_words(),
    )


def _sentences(problem: Exception | None) -> list[str]:
    if isinstance(problem, Invalid):
        return [each.message for each in problem.problems]
    return [str(problem)] if problem else []


def _words() -> dict[str, Any]:
    return {"titles": TITLES, "now": clock.now()}
