"""What a request may see: the scope of its route is looked up, and the member in its path is checked against the key."""

import re
from dataclasses import replace
from typing import Final

from fastapi import Request

from pipeline.access.caller import Caller
from pipeline.access.members import require_writable
from pipeline.access.rules.scopes import EVERYBODYS, Scope
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Forbidden, Invalid, Misconfigured, Problem
from pipeline.ownership.owners import require_readable
from pipeline.ownership.rules import NOTHING, Reach
from web.api.scopes import SCOPES, SESSION_ONLY

_OUTLIVES_ITS_MEMBER: Final = "GET /v1/members/{member_id}/erasure"
"""It looks by itself whose erasure it is: in the end nobody owns the member any more."""
_MEMBER_ID: Final = re.compile(r"[A-Za-z0-9._:@-]{1,100}")


def admitted(caller: Caller, request: Request, db: Database) -> Caller:
    """The caller with what this request may see.

    Raises Forbidden where the key lacks the scope of the route, and NotFound for a member of another service or prefix.
    """
    route = f"{request.method} {request.scope['route'].path}"
    if caller.speaker is not None:
        return replace(caller, reach=Reach(member_id=caller.speaker.member_id))
    if route in SESSION_ONLY:
        return caller
    needed = SCOPES.get(route)
    if needed is None:
        raise Misconfigured(f"{route} stands in no line of web/api/scopes.py, so no key opens it.")
    reach = caller.reach_by(needed)
    if reach == NOTHING:
        raise Forbidden(f"This key has no scope {needed}. Create one that has: proofdesk key create --scope {needed}")
    if needed is Scope.EVENTS_WRITE_ALL and reach.prefix is not None:
        raise Forbidden("This concerns members of every prefix. Use a key without a members' prefix.")
    caller = replace(caller, reach=reach)
    if (member_id := request.path_params.get("member_id")) is not None and needed.resource not in EVERYBODYS:
        _require_member(member_id, caller, route=route, db=db)
    return caller


def _require_member(member_id: str, caller: Caller, *, route: str, db: Database) -> None:
    if not _MEMBER_ID.fullmatch(member_id):
        message = "An id has 1 to 100 letters, digits and . _ : @ -"
        raise Invalid([Problem("member_id", "invalid_value", message)])
    if not route.startswith("GET "):
        require_writable(member_id, caller=caller, db=db)
    elif route != _OUTLIVES_ITS_MEMBER:
        require_readable(member_id, reach=caller.reach, db=db)
