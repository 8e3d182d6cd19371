"""Services that read personal data are recorded: which key, which member, which route. A member who reads their own is not."""

from typing import Final
from uuid import UUID

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError

from schemas.base import Identifier
from web.api.dependencies import Correlation, SubmitterOrMember, Tools

_MEMBER: Final[TypeAdapter[str]] = TypeAdapter(Identifier)
_SUBMISSION: Final[TypeAdapter[UUID]] = TypeAdapter(UUID)


def _recorded(request: Request, tools: Tools, caller: SubmitterOrMember, trace: Correlation) -> None:
    """Before the answer. What is no id is not recorded: the route refuses such a request, and answers with nothing."""
    if caller.speaker is not None:
        return
    given = request.path_params
    member = given.get("member_id", request.query_params.get("member_id"))
    submission = given.get("submission_id")
    try:
        member_id = _MEMBER.validate_python(member) if member is not None else None
        submission_id = _SUBMISSION.validate_python(submission) if submission is not None else None
    except ValidationError:
        return
    tools.member_reads.record(
        actor=caller.name,
        route=f"{request.method} {request.scope['route'].path}",
        member_id=member_id,
        submission_id=submission_id,
        correlation_id=trace,
    )


RECORDED: Final = Depends(_recorded)
"""For each route that answers with what is kept about a member."""
