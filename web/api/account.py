from fastapi import APIRouter, Response

from pipeline.account.email import confirm, send_code
from pipeline.account.personal import change_personal, change_privacy, page_of, personal_of, privacy_of
from pipeline.account.rules import sections
from pipeline.account.rules.sections import BUSINESS_CARD, COMPANY, PROCUREMENT
from pipeline.account.sections import replace_section, section_of
from pipeline.avatar.service import avatar_of
from pipeline.kernel import clock
from pipeline.membership.views import membership_of
from pipeline.notification.send import delay_of
from pipeline.ownership.owners import require_readable
from schemas.account import (
    BusinessCard,
    CodeRequest,
    CodeSent,
    CodeTry,
    CompanyInformation,
    PersonalInformation,
    PersonalView,
    Privacy,
    ProcurementInformation,
    PublicAvatar,
    PublicPage,
    SectionView,
)
from schemas.base import Identifier
from web.api.dependencies import Correlation, Submitter, SubmitterOrThisMember, Tools
from web.api.etags import Changing, tagged
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1/members/{member_id}", tags=["account"])


@router.get("/personal-information", dependencies=[RECORDED], summary="A member's personal information")
def get_personal(
    member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember, response: Response
) -> PersonalView:
    """All stored fields, also those that the member hides from others."""
    return tagged(response, personal_of(member_id, db=tools.db))


@router.put("/personal-information", summary="Replace the personal information")
def put_personal(
    member_id: Identifier, body: PersonalInformation, tools: Tools, change: Changing, response: Response
) -> PersonalView:
    """Nobody else sees a new address before the member has confirmed it."""
    view = change_personal(
        member_id, body, change=change, takes_mail=tools.takes_mail, db=tools.db, policy=tools.policy
    )
    return tagged(response, view)


@router.post("/email/code", status_code=202, summary="Send a confirmation code to the member's address")
def create_code(
    member_id: Identifier, body: CodeRequest, tools: Tools, caller: Submitter, trace: Correlation
) -> CodeSent:
    """The code before it holds until this one is sent. `409` `code_too_soon`: wait before you ask for another code."""
    return send_code(
        member_id,
        locale=body.locale,
        now=clock.now(),
        context=tools.context(actor=caller.name, trace=trace),
        freeze_mail=tools.freeze_addressed_mail,
        delay_of=delay_of,
    )


@router.post("/email/confirm", summary="Confirm the member's address with the code")
def confirm_email(
    member_id: Identifier, body: CodeTry, tools: Tools, caller: Submitter, trace: Correlation, response: Response
) -> PersonalView:
    """Each wrong code uses up a try. After the last try, send a new code. `409` `code_on_its_way`: wait for the mail; no try was used."""
    context = tools.context(actor=caller.name, trace=trace)
    confirm(member_id, body.code, now=clock.now(), context=context, delay_of=delay_of)
    return tagged(response, personal_of(member_id, db=tools.db))


@router.get("/business-card", dependencies=[RECORDED], summary="A member's business card")
def get_card(member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember, response: Response) -> SectionView:
    """The member may send it with an inquiry or a request for quotation."""
    return tagged(response, section_of(member_id, BUSINESS_CARD, db=tools.db))


@router.put("/business-card", summary="Replace the business card")
def put_card(
    member_id: Identifier, body: BusinessCard, tools: Tools, change: Changing, response: Response
) -> SectionView:
    """Give the phone number with `+`; it is stored in E.164."""
    content = sections.business_card(body)
    return tagged(response, replace_section(member_id, BUSINESS_CARD, content, change=change, db=tools.db))


@router.get("/procurement-information", dependencies=[RECORDED], summary="What a member buys")
def get_procurement(
    member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember, response: Response
) -> SectionView:
    """All stored fields, also those that the member hides from others."""
    return tagged(response, section_of(member_id, PROCUREMENT, db=tools.db))


@router.put("/procurement-information", summary="Replace what a member buys")
def put_procurement(
    member_id: Identifier, body: ProcurementInformation, tools: Tools, change: Changing, response: Response
) -> SectionView:
    """Industries and frequency are values of the policy."""
    content = sections.procurement(body, tools.policy.account)
    return tagged(response, replace_section(member_id, PROCUREMENT, content, change=change, db=tools.db))


@router.get("/company-information", dependencies=[RECORDED], summary="A member's company")
def get_company(member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember, response: Response) -> SectionView:
    """All stored fields."""
    return tagged(response, section_of(member_id, COMPANY, db=tools.db))


@router.put("/company-information", summary="Replace the company information")
def put_company(
    member_id: Identifier, body: CompanyInformation, tools: Tools, change: Changing, response: Response
) -> SectionView:
    """The size is a value of the policy."""
    content = sections.company(body, tools.policy.account)
    return tagged(response, replace_section(member_id, COMPANY, content, change=change, db=tools.db))


@router.get("/privacy", dependencies=[RECORDED], summary="A member's privacy settings")
def get_privacy(member_id: Identifier, tools: Tools, _caller: SubmitterOrThisMember, response: Response) -> SectionView:
    """The member's choice. Version 0 is the default of the policy, for members who have chosen nothing."""
    return tagged(response, privacy_of(member_id, db=tools.db, policy=tools.policy))


@router.put("/privacy", summary="Replace the privacy settings")
def put_privacy(
    member_id: Identifier, body: Privacy, tools: Tools, change: Changing, response: Response
) -> SectionView:
    """The public page follows at once."""
    return tagged(response, change_privacy(member_id, body, change=change, db=tools.db))


@router.get(
    "/public",
    dependencies=[RECORDED],
    summary="A member's public page, as one viewer sees it",
    response_model_exclude_none=True,
)
def get_public(
    member_id: Identifier, tools: Tools, caller: Submitter, response: Response, viewer: Identifier | None = None
) -> PublicPage:
    """`viewer` is the id of the member who views the page; without it, the viewer is not a member. Hidden fields are absent."""
    response.headers["Cache-Control"] = "private, no-store"
    if viewer:
        require_readable(viewer, reach=caller.reach, db=tools.db)
    level = membership_of(viewer, db=tools.db, policy=tools.policy).level if viewer else None
    return page_of(member_id, viewer_level=level, avatar=_avatar(member_id, tools), db=tools.db, policy=tools.policy)


def _avatar(member_id: str, tools: Tools) -> PublicAvatar | None:
    shown = avatar_of(member_id, db=tools.db, public_url=tools.settings.public_base)
    if shown.large_url is None or shown.small_url is None:
        return None
    return PublicAvatar(large_url=shown.large_url, small_url=shown.small_url)
