from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from config.container import Container
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.review.actions import queues_for
from pipeline.review.cases.queue_stats import arrival_pace, claims_of, queue
from pipeline.workflows import find_submissions
from schemas.claims import HeldClaim, QueueLine, QueueView
from web.api.dependencies import Tools
from web.console.filters import span
from web.console.forms import Reviewing
from web.console.render import render
from web.console.session import Person, SignedIn
from web.console.undo import undoable_of

router = APIRouter()

TITLES: Final = {
    "avatar": "Avatars",
    "verification": "Verifications",
    "second": "Second looks",
    "senior": "For seniors",
}


@router.get("/")
def get_home(request: Request, tools: Tools, person: SignedIn) -> Response:
    """The queue. Who does not review is sent to the first page of their menu."""
    if not person.may(Right.REVIEW) and person.menu:
        return RedirectResponse(person.menu[0].href, 303)
    return render(request, "queue.html", **_values(tools, person), undoable=undoable_of(tools, person))


@router.get("/queue")
def get_queue(request: Request, tools: Tools, person: Reviewing) -> Response:
    """The queue once more, as a part of its page."""
    return render(request, "queue_part.html", **_values(tools, person))


@router.get("/nothing")
def get_empty(request: Request, tools: Tools, person: Reviewing) -> Response:
    """For a page that shows no case: whether one waits by now."""
    waiting = sum(line.waiting for line in lines_of(tools, person))
    return render(request, "empty.html", waiting=waiting, expected=expected(tools, clock.now()))


@router.get("/find")
def find(request: Request, tools: Tools, person: Reviewing, q: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Submissions by their id, their member's id or a correlation id."""
    wanted = q.strip()
    found = find_submissions.find(
        wanted, reviewer_id=person.reviewer_id, db=tools.db, policy=tools.policy, digests=tools.audit_digests
    )
    return render(request, "found_part.html", q=wanted, found=found, now=clock.now())


def lines_of(tools: Container, person: Person) -> list[QueueLine]:
    """A line for each queue that the person works on, in the languages that they read; empty ones too."""
    found: QueueView = queue(context=tools.review, languages=person.languages)
    known = {line.queue: line for line in found.queues}
    return [known.get(name) or _empty(name) for name in queues_for(person.roles)]


def expected(tools: Container, now: datetime) -> str:
    """When the next case may be expected: from what is under inspection, else from how often cases came lately."""
    found = arrival_pace(now=now, context=tools.review)
    if found.inspected:
        many = "is one submission" if found.inspected == 1 else f"are {found.inspected} submissions"
        return f"There {many} under inspection: expect the next case within a minute."
    if found.seconds_between is None:
        return "Nothing has been submitted yet. A case appears here within a minute of its upload."
    return f"Recently a case came every {span(max(found.seconds_between, 1))}. This page shows the next one by itself."


def _values(tools: Container, person: Person) -> dict[str, Any]:
    now = clock.now()
    lines = lines_of(tools, person)
    due = [line.due_soonest_at for line in lines if line.due_soonest_at is not None]
    held = claims_of(person.reviewer_id, context=tools.review).claims
    return {
        "now": now,
        "lines": [(TITLES[line.queue], line) for line in lines],
        "total": sum(line.waiting for line in lines),
        "more": any(line.more for line in lines),
        "soonest": min(due, default=None),
        "held": [(_what(each), each) for each in held],
        "expected": expected(tools, now),
    }


def _what(held: HeldClaim) -> str:
    return (
        f"Verification: {held.stage_title}" if held.stage_title else TITLES.get(held.kind, held.kind).removesuffix("s")
    )


def _empty(name: str) -> QueueLine:
    return QueueLine(queue=name, waiting=0, claimed=0, overdue=0, more=False, due_soonest_at=None, oldest_at=None)
