from fastapi import APIRouter, Response

from pipeline.access.member_sessions import end_session, make_link, open_link, session_view
from schemas.sessions import LinkTicket, OpenedSession, SessionLink, SessionRequest, SessionView
from web.api.dependencies import MemberSession, Submitter, Tools

router = APIRouter(prefix="/v1", tags=["sessions"])

NEVER_KEPT = "no-store"


@router.post("/sessions", status_code=201, summary="Make a link to the member's page")
def create_session(body: SessionRequest, tools: Tools, caller: Submitter, response: Response) -> SessionLink:
    """For a member whom you have signed in. Send them there at once. A repeated request makes another link."""
    response.headers["Cache-Control"] = NEVER_KEPT
    return make_link(
        body, made_by=caller.name, web_url=tools.settings.web_url, db=tools.db, rules=tools.policy.member_page
    )


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
