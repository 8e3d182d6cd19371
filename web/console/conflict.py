from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse

from pipeline.kernel import clock
from pipeline.kernel.errors import Conflict
from pipeline.submission.lifecycle import State
from web.console.filters import away
from web.console.render import render

_VERDICTS: Final = {"approve": "approved", "reject": "rejected", "better_file": "asked for a better file"}
_ENDS: Final = {
    "superseded": "The member has sent a newer one or has the stage by now, so this case is closed.",
    "withdrawn": "The member has withdrawn it, so this case is closed.",
}
_KEPT: Final = "What you typed is kept below."
_TAKEN: Final = "You left this case or its time ran out, and a colleague has it now."
_LEFT: Final = "You left this case or its time ran out, so it went back to the queue."


class CaseConflict(Exception):
    """A conflict about the case of a claim."""

    def __init__(self, claim_id: UUID, conflict: Conflict) -> None:
        super().__init__(str(conflict))
        self.claim_id, self.conflict = claim_id, conflict


async def _claimed(claim_id: UUID) -> AsyncIterator[UUID]:
    try:
        yield claim_id
    except Conflict as error:
        raise CaseConflict(claim_id, error) from error


ClaimedCase = Annotated[UUID, Depends(_claimed)]
"""The claim that the path names. A conflict in the route is then answered with what became of the case."""


def install(app: FastAPI) -> None:
    """Answer conflicts about a case with what became of it."""
    app.add_exception_handler(CaseConflict, _answer)


def _answer(request: Request, error: Exception) -> HTMLResponse:
    """409 as a page, or as the message that is put above the form."""
    assert isinstance(error, CaseConflict)  # noqa: S101  (registered for this class only)
    part = "HX-Request" in request.headers
    reader = request.state.person.reviewer_id
    sentence, can_return = in_words(error.conflict, now=clock.now(), reader=reader)
    return render(
        request,
        "conflict_part.html" if part else "conflict.html",
        status=409,
        claim_id=error.claim_id,
        title="Not yours any more" if can_return or sentence == _TAKEN else "Already decided",
        sentence=f"{sentence} {_KEPT}" if part else sentence,
        can_return=can_return,
    )


def in_words(error: Conflict, *, now: datetime, reader: str) -> tuple[str, bool]:
    """What became of the case, and whether it may be taken again."""
    became: dict[str, Any] = dict(error.became or {})
    state = became.get("state")
    if state == State.IN_REVIEW:
        return (_TAKEN, False) if became.get("claimed") else (_LEFT, True)
    if became.get("verdict"):
        who = "you" if became["by"] == reader else became["name"]
        when = away(datetime.fromisoformat(str(became["at"])), now)
        reasons = ", ".join(code.replace("_", " ") for code in became.get("reasons") or ())
        return f"Decided by {who} {when}: {_VERDICTS[became['verdict']]}{f' ({reasons})' if reasons else ''}.", False
    return _ENDS.get(str(state), str(error)), False
