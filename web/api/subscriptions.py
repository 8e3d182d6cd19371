from functools import cache
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.account.subscriptions import choose, subscriptions_of
from pipeline.account.unsubscribe import leaving_of, unsubscribe
from pipeline.kernel import clock
from schemas.base import Identifier
from schemas.subscriptions import SubscriptionChange, SubscriptionsView
from web.api.dependencies import Correlation, Submitter, SubmitterOrThisMember, Tools
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1", tags=["subscriptions"])

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@router.get("/members/{member_id}/subscriptions", dependencies=[RECORDED], summary="A member's e-mail subscriptions")
def get_subscriptions(member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember) -> SubscriptionsView:
    """Every category. Results of the member's own reviews belong to no category and are always sent."""
    return subscriptions_of(member_id, db=tools.db, policy=tools.policy)


@router.put("/members/{member_id}/subscriptions", summary="Change e-mail subscriptions")
def put_subscriptions(
    member_id: Identifier, body: SubscriptionChange, tools: Tools, caller: Submitter, trace: Correlation
) -> SubscriptionsView:
    """Categories that you leave out do not change."""
    return choose(member_id, body.categories, actor=caller.name, trace=trace, db=tools.db, policy=tools.policy)


@router.get("/unsubscribe/{token}", summary="Ask whether to unsubscribe", response_class=HTMLResponse)
def ask_to_unsubscribe(token: str, tools: Tools) -> HTMLResponse:
    """A page with one button. It changes nothing, because mail scanners open links, too."""
    leaving = leaving_of(token, now=clock.now(), db=tools.db, sealer=tools.sealer, policy=tools.policy)
    return _page(tools, leaving.category, done=False)


@router.post("/unsubscribe/{token}", summary="Unsubscribe with one click", response_class=HTMLResponse)
def unsubscribe_by_link(token: str, tools: Tools, trace: Correlation) -> HTMLResponse:
    """RFC 8058: the POST of a mail program, or of the page's button. The body is ignored."""
    leaving = unsubscribe(token, now=clock.now(), trace=trace, db=tools.db, sealer=tools.sealer, policy=tools.policy)
    return _page(tools, leaving.category, done=True)


def _page(tools: Tools, category: str, *, done: bool) -> HTMLResponse:
    values = {
        "category": tools.policy.subscriptions[category].title,
        "service": tools.sender.name,
        "member_centre_url": tools.sender.member_centre_url,
        "done": done,
    }
    return HTMLResponse(_pages().get_template("unsubscribe.html").render(values), headers=_HEADERS)


@cache
def _pages() -> Environment:
    return Environment(loader=PackageLoader("web", "pages"), autoescape=True, undefined=StrictUndefined)
