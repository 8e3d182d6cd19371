"""A member's session submits and lists for its own member only, with the profile that upstream gave and files of its own."""

from typing import Annotated

from fastapi import Depends

from config.container import Container
from pipeline.access.api_keys import Caller
from pipeline.intake.records import keys_of
from pipeline.intake.uploads import not_theirs
from pipeline.kernel.errors import Forbidden, Invalid
from schemas.base import Identifier
from schemas.submissions import AnyVerification, AvatarSubmission
from web.api.dependencies import SubmitterOrMember


def check(body: AvatarSubmission | AnyVerification, *, caller: Caller, tools: Container) -> None:
    """Check what a session submits. Raises Forbidden for another member or profile, Invalid for a file of somebody else."""
    if caller.speaker is None:
        return
    if not caller.may_act_for(body.member_id) or body.member != caller.speaker.profile:
        raise Forbidden(
            "A member's session submits for its own member only: send member_id and member of GET /v1/session."
        )
    if problems := not_theirs(keys_of(body), owner=caller.owner, db=tools.db):
        raise Invalid(problems)


async def _member_to_list(caller: SubmitterOrMember, member_id: Identifier | None = None) -> str | None:
    if caller.speaker is None:
        return member_id
    if member_id is not None and not caller.may_act_for(member_id):
        raise Forbidden("A member's session lists the submissions of its own member only.")
    return caller.speaker.member_id


MemberToList = Annotated[str | None, Depends(_member_to_list)]
"""Whose submissions to list; for a session always those of its own member."""
