"""The queue's page: what waits, what one holds, and a key that starts the next case."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from config.container import Container
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel import clock
from pipeline.review.actions import queues_for
from pipeline.review.cases.queue_stats import claims_of, queue
from schemas.claims import HeldClaim, QueueLine, QueueView
from web.api.dependencies import Tools
from web.console.expecting import expected
from web.console.forms import Reviewing
from web.console.render import render
from web.console.session import Person, SignedIn

router = APIRouter()

TITLES: Final = {
    "avatar": "Avatars",
    "verification": "Verifications",
    "second": "Second looks",
    "senior": "For seniors",
}


@router.get("/")
def get_home(request: Request, tools: Tools, person: SignedIn) -> Response:
    """The queue; who does not review comes to the first page of theirs."""
    if not person.may(Right.REVIEW) and person.menu:
        return RedirectResponse(person.menu[0].href, 303)
    return render(request, "queue.html", **_values(tools, person))


@router.get("/queue")
def get_queue(request: Request, tools: Tools, person: Reviewing) -> Response:
    """The queue anew, as a part of its page."""
    return render(request, "queue_part.html", **_values(tools, person))


@router.get("/nothing")
def get_nothing(request: Request, tools: Tools, person: Reviewing) -> Response:
    """For somebody who waits: whether something has come."""
    waiting = sum(line.waiting for line in lines_of(tools, person))
    return render(request, "nothing.html", waiting=waiting, expected=expected(tools, clock.now()))


def lines_of(tools: Container, person: Person) -> list[QueueLine]:
    """A line for each queue that the person works on, in the languages that they read; empty ones too."""
    found: QueueView = queue(context=tools.review, languages=person.languages)
    known = {line.queue: line for line in found.queues}
    return [known.get(name) or _empty(name) for name in queues_for(person.roles)]


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
        "held": [(_what(each, tools), each) for each in held],
        "expected": expected(tools, now),
    }


def _what(held: HeldClaim, tools: Container) -> str:
    stage = tools.policy.stage(held.stage) if held.stage else None
    return f"Verification: {stage.title}" if stage else TITLES.get(held.kind, held.kind).removesuffix("s")


def _empty(name: str) -> QueueLine:
    return QueueLine(queue=name, waiting=0, claimed=0, overdue=0, more=False, due_soonest_at=None, oldest_at=None)
