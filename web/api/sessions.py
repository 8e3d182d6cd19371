from uuid import UUID

from fastapi import APIRouter, Response

from pipeline.access.member_sessions import (
    end_session,
    end_session_of,
    make_link,
    open_link,
    session_view,
    sessions_of,
)
from pipeline.access.members import require_writable
from pipeline.submission.profile import require_profile
from schemas.base import Identifier
from schemas.sessions import LinkTicket, OpenedSession, SessionLine, SessionLink, SessionRequest, SessionView
from web.api.dependencies import MemberSession, Submitter, Tools
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1", tags=["sessions"])

NEVER_KEPT = "no-store"


@router.post("/sessions", status_code=201, summary="Make a link to the member's page")
def create_session(body: SessionRequest, tools: Tools, caller: Submitter, response: Response) -> SessionLink:
    """For a member whom you have signed in. Send them there at once. A repeated request makes another link."""
    response.headers["Cache-Control"] = NEVER_KEPT
    require_profile(body.member, tools.policy)
    require_writable(body.member_id, caller=caller, db=tools.db)
    return make_link(
        body,
        made_by=caller.name,
        web_url=tools.settings.web_url,
        db=tools.db,
        rules=tools.policy.member_page,
        caller=caller,
    )


@router.get("/sessions", dependencies=[RECORDED], summary="List a member's live sessions")
def list_sessions(tools: Tools, caller: Submitter, member_id: Identifier) -> list[SessionLine]:
    """Sessions that your service's links opened, the latest first."""
    return sessions_of(member_id, reach=caller.reach, db=tools.db)


@router.delete("/sessions/{session_id}", status_code=204, summary="End a session of a member")
def delete_session_of(session_id: UUID, tools: Tools, caller: Submitter) -> None:
    """For example when the member signs out of your pages. Its credential is refused from now on."""
    end_session_of(session_id, actor=caller.name, reach=caller.reach, db=tools.db)


@router.post(
    "/sessions/open",
    summary="Open a link's session",
    responses={401: {"description": "The link was opened before, or has expired"}},
)
def open_session(body: LinkTicket, tools: Tools, response: Response) -> OpenedSession:
    """A link is opened once, without a key. `401` `link_not_valid`: it was opened before, or has expired."""
    response.headers["Cache-Control"] = NEVER_KEPT
    return open_link(body.ticket, db=tools.db, rules=tools.policy.member_page)


@router.get("/session", summary="The member of this session")
def get_session(tools: Tools, caller: MemberSession, response: Response) -> SessionView:
    """The member and the profile that upstream gave. Submissions of this session must contain the same."""
    response.headers["Cache-Control"] = NEVER_KEPT
    return session_view(caller.key_id, db=tools.db)


@router.delete("/session", status_code=204, summary="End this session")
def delete_session(tools: Tools, caller: MemberSession) -> None:
    """Its credential is refused from now on."""
    end_session(caller.key_id, db=tools.db)
