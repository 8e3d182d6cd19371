"""Too late: the case is not this person's any more. Who decided what and when, in words; and nothing that was typed is lost."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse

from pipeline.kernel import clock
from pipeline.kernel.errors import Conflict
from pipeline.submission.lifecycle import State
from web.console.filters import away
from web.console.render import render
from web.console.session import Person

_VERDICTS: Final = {"approve": "approved", "reject": "rejected", "better_file": "asked for a better file"}
_ENDS: Final = {
    "superseded": "The member has sent a newer one, so this case is closed.",
    "withdrawn": "The member has withdrawn it, so this case is closed.",
}
_KEPT: Final = "What you typed is kept below."
_LEFT: Final = "You left this case or its time ran out, so it went back to the queue."


def too_late(request: Request, claim_id: UUID, error: Conflict, *, person: Person) -> HTMLResponse:
    """409 as a page, or as the message that is put above the form."""
    part = "HX-Request" in request.headers
    sentence, can_return = in_words(error, now=clock.now(), reader=person.reviewer_id)
    return render(
        request,
        "late_part.html" if part else "late.html",
        status=409,
        claim_id=claim_id,
        title="Not yours any more" if can_return else "Already decided",
        sentence=f"{sentence} {_KEPT}" if part else sentence,
        can_return=can_return,
    )


def in_words(error: Conflict, *, now: datetime, reader: str) -> tuple[str, bool]:
    """What became of the case, and whether it may be taken again."""
    became: dict[str, Any] = dict(error.became or {})
    state = became.get("state")
    if state == State.IN_REVIEW:
        return _LEFT, True
    if became.get("verdict"):
        who = "you" if became["by"] == reader else became["name"]
        when = away(datetime.fromisoformat(str(became["at"])), now)
        reasons = ", ".join(code.replace("_", " ") for code in became.get("reasons") or ())
        return f"Decided by {who} {when}: {_VERDICTS[became['verdict']]}{f' ({reasons})' if reasons else ''}.", False
    return _ENDS.get(str(state), str(error)), False
