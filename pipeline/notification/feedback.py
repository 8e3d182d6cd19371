from datetime import datetime

import structlog
from pydantic import ValidationError

from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.idempotency import once
from pipeline.kernel.validation import problems
from pipeline.notification.sns import Topic, confirm_subscription, verify
from pipeline.notification.suppression import suppress
from schemas.mail_events import SesNotice, SnsMessage

log = structlog.get_logger()


def take_in(body: bytes, *, now: datetime, topic: Topic, db: Database) -> int:
    """Follow one message of Amazon SNS, once; how many addresses it suppressed. Raises Invalid, NotFromAmazon, RetryableError."""
    message = _message(body)
    verify(message, now=now, topic=topic)
    if message.Type == "SubscriptionConfirmation":
        confirm_subscription(message, topic=topic)
        log.info("topic.confirmed", message_id=message.MessageId)
        return 0
    if message.Type != "Notification" or (found := _notice(message).suppressed()) is None:
        return 0
    reason, addresses = found
    request = once(owner="sns", key=message.MessageId, operation="mail_events.sns", sent=message.Message)
    return suppress(addresses, reason=reason, source="amazon_ses", db=db, request=request)


def _message(body: bytes) -> SnsMessage:
    try:
        return SnsMessage.model_validate_json(body)
    except ValidationError as error:
        raise Invalid(problems(error.errors(include_url=False))) from error


def _notice(message: SnsMessage) -> SesNotice:
    """The notification of SES; an empty one for any other message of the topic, such as its greeting."""
    try:
        return SesNotice.model_validate_json(message.Message)
    except ValidationError as error:
        if any(each["type"] != "json_invalid" for each in error.errors()):
            raise Invalid([Problem("Message", "invalid_value", "This is no notification of Amazon SES.")]) from error
        return SesNotice()
