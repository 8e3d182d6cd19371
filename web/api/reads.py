"""Services that read personal data are recorded: which key, which member, which route. A member who reads their own is not."""

from typing import Final
from uuid import UUID

from fastapi import Depends, Request

from web.api.dependencies import Correlation, SubmitterOrMember, Tools


def _recorded(request: Request, tools: Tools, caller: SubmitterOrMember, trace: Correlation) -> None:
    if caller.speaker is not None:
        return
    given = request.path_params
    submission = given.get("submission_id")
    tools.member_reads.record(
        actor=caller.name,
        route=f"{request.method} {request.scope['route'].path}",
        member_id=given.get("member_id") or request.query_params.get("member_id"),
        submission_id=_as_id(submission),
        correlation_id=trace,
    )


def _as_id(given: object) -> UUID | None:
    try:
        return UUID(str(given)) if given is not None else None
    except ValueError:
        return None


RECORDED: Final = Depends(_recorded)
"""For each route that answers with what is kept about a member."""
