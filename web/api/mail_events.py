from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request

from pipeline.kernel import clock
from pipeline.notification.feedback import take_in
from pipeline.notification.suppression import lift, suppress
from schemas.mail_events import AddressRequest, MailEvent, SuppressedView
from web.api.dependencies import Admin, Key, Submitter, Tools, request_once

router = APIRouter(prefix="/v1", tags=["mail events"])

_SNS_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "A message of Amazon SNS: JSON, with any media type",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


async def _body(request: Request) -> bytes:
    """The body, whose length the door has bounded."""
    return await request.body()


@router.post("/mail-events", summary="Report a bounce or a complaint")
def create_mail_event(body: MailEvent, tools: Tools, caller: Submitter, key: Key = None) -> SuppressedView:
    """No mail is sent to the address from now on. Report only permanent bounces."""
    once = request_once(key, owner=caller.owner, operation="mail_events.create", body=body)
    count = suppress((body.recipient,), reason=body.type, source=body.provider, db=tools.db, request=once)
    return SuppressedView(suppressed=count)


@router.post(
    "/mail-events/sns",
    summary="Receive bounces and complaints from Amazon SNS",
    openapi_extra=_SNS_BODY,
    responses={403: {"description": "The message is not signed by Amazon, is of another topic, or is too old"}},
)
def create_sns_event(body: Annotated[bytes, Depends(_body)], tools: Tools) -> SuppressedView:
    """No key is needed: Amazon signs the message. It must be of the topic in the settings."""
    count = take_in(body, now=clock.now(), topic=tools.topic, db=tools.db)
    return SuppressedView(suppressed=count)


@router.post(
    "/suppressed-addresses/lift",
    status_code=204,
    summary="Lift the suppression of an address",
    responses={404: {"description": "The address is not suppressed"}},
)
def lift_address(body: AddressRequest, tools: Tools, caller: Admin) -> None:
    """Mails are sent to the address again. For administrators, once the address works."""
    lift(body.address, actor=caller.name, db=tools.db)
