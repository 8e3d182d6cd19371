from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from config.container import Container
from pipeline.kernel import clock
from pipeline.review.actions import Action
from pipeline.review.claims.drafts import draft_key
from pipeline.review.claims.handover import colleagues
from pipeline.workflows.review_case import review_case
from schemas.cases import Case, ReasonChoice
from schemas.claims import QueueLine
from web.console.case_actions import SKIP_REASONS
from web.console.case_view import files_of, views_of
from web.console.filters import span
from web.console.queues import TITLES, expected, lines_of
from web.console.render import render
from web.console.session import Person
from web.console.signals import notes_of
from web.console.undo import undoable_of

_SOON_SECONDS: Final = 3600


def case_page(request: Request, claim_id: UUID, *, tools: Container, person: Person, whole: bool) -> HTMLResponse:
    """The case as a complete page, or as the part that takes the place of the case before. Raises ClaimExpired, NotFound."""
    found = review_case(claim_id, reviewer_id=person.reviewer_id, context=tools.review)
    template = "case.html" if whole else "case_part.html"
    values = _values(found, tools=tools, person=person, now=clock.now())
    if whole:
        values["undoable"] = undoable_of(tools, person)
    return render(request, template, **values)


def empty_page(request: Request, *, tools: Container) -> HTMLResponse:
    """In place of a case: that nothing waits, and when the next one may be expected."""
    return render(request, "empty_part.html", waiting=0, expected=expected(tools, clock.now()))


def _values(case: Case, *, tools: Container, person: Person, now: datetime) -> dict[str, Any]:
    policy = tools.policy
    views = views_of(case)
    return {
        "case": case,
        "now": now,
        "views": views,
        "files": files_of(case, views),
        "notes": notes_of(case),
        "stage": case.stage_title or case.stage,
        "identity": case.identity_title or case.identity or case.member.identity,
        "actions": case.allowed_actions,
        "colleagues": _colleagues(case, tools, person),
        "skip_reasons": SKIP_REASONS,
        "place": _place(case.queue, tools=tools, person=person, now=now),
        "lease_seconds": policy.review.claim_lease_seconds,
        "draft_key": draft_key(case.claim.id, db=tools.db),
        "least_look_ms": round(policy.review.least_look_seconds.get(case.kind, 0) * 1000),
        "lease_left": (case.claim.lease_until - now).total_seconds(),
    }


def _colleagues(case: Case, tools: Container, person: Person) -> list[ReasonChoice]:
    if Action.HAND_OVER not in case.allowed_actions:
        return []
    found = colleagues(case.claim.id, reviewer_id=person.reviewer_id, context=tools.review)
    return [ReasonChoice(code=each.id, text=each.name) for each in found]


def _place(name: str, *, tools: Container, person: Person, now: datetime) -> str:
    """The queue of the case and what waits in it: "Avatars ▸ 12 waiting · next due in 40 min"."""
    line = next((each for each in lines_of(tools, person) if each.queue == name), None)
    if line is None or not line.waiting:
        return f"{TITLES[name]} ▸ none waiting"
    return f"{TITLES[name]} ▸ {line.waiting}{'+' if line.more else ''} waiting{_due(line, now)}"


def _due(line: QueueLine, now: datetime) -> str:
    if line.overdue:
        return f" · {line.overdue} overdue"
    left = (line.due_soonest_at - now).total_seconds() if line.due_soonest_at else None
    return f" · next due in {span(left)}" if left is not None and left <= _SOON_SECONDS else ""
