"""A session submits and lists for its own member, with upstream's profile; a key for members in its reach. Each with its own files."""

from typing import Annotated

from fastapi import Depends

from config.container import Container
from pipeline.access.caller import Caller
from pipeline.access.members import require_writable
from pipeline.intake.records import keys_of
from pipeline.intake.uploads import anothers, not_theirs
from pipeline.kernel.errors import Forbidden, Invalid
from pipeline.ownership.rules import EVERYTHING
from pipeline.policy.sign_in import session_name
from schemas.base import Identifier
from schemas.submissions import AnyVerification, AvatarSubmission
from web.api.dependencies import SubmitterOrMember


def check(body: AvatarSubmission | AnyVerification, *, caller: Caller, tools: Container) -> None:
    """Check what is submitted, for whom, with whose files.

    Raises Forbidden where a session submits for another member or profile, NotFound where a key submits for a member out of its reach,
    and Invalid for a file of somebody else; a test key has no files but those in its own slots.
    """
    if caller.speaker is None:
        _check_service(body, caller=caller, tools=tools)
        return
    if not caller.may_act_for(body.member_id) or body.member != caller.speaker.profile:
        raise Forbidden(
            "A member's session submits for its own member only: send member_id and member of GET /v1/session."
        )
    if problems := not_theirs(keys_of(body), owner=caller.owner, db=tools.db):
        raise Invalid(problems)


def _check_service(body: AvatarSubmission | AnyVerification, *, caller: Caller, tools: Container) -> None:
    if caller.reach == EVERYTHING:
        return
    require_writable(body.member_id, caller=caller, db=tools.db)
    files, owners = keys_of(body), (caller.owner, session_name(body.member_id))
    if caller.is_test and (problems := not_theirs(files, owner=caller.owner, db=tools.db)):
        raise Invalid(problems)
    if files and (problems := anothers(files, owners=owners, reach=caller.reach, db=tools.db)):
        raise Invalid(problems)


async def _member_to_list(caller: SubmitterOrMember, member_id: Identifier | None = None) -> str | None:
    if caller.speaker is None:
        return member_id
    if member_id is not None and not caller.may_act_for(member_id):
        raise Forbidden("A member's session lists the submissions of its own member only.")
    return caller.speaker.member_id


MemberToList = Annotated[str | None, Depends(_member_to_list)]
"""Whose submissions to list; for a session always those of its own member."""
