"""Amazon SNS over HTTP: whether a message is Amazon's and of our topic, and what it says.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from pipeline.notification.sns_certificates import Certificates, NotFromAmazon
from schemas.mail_events import SnsMessage

OLDEST: Final = timedelta(hours=24)
"""A message that is older may be one that somebody recorded. Idempotency keys are kept for longer than this."""

_AHEAD: Final = timedelta(minutes=15)
_ARN: Final = re.compile(
    r"arn:aws(-[a-z-]{1,20})?:sns:(?P<region>[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}):[0-9]{12}:[A-Za-z0-9_.-]{1,256}"
)
_HOST: Final = r"https://sns\.{region}\.amazonaws\.(?P<suffix>com(\.cn)?)"
_CERTIFICATE: Final = r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem"
_SUBSCRIBE: Final = r"/\?Action=ConfirmSubscription&[A-Za-z0-9_.:&=%-]{1,1500}"
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_DIGESTS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "1": hashes.SHA1(),  # noqa: S303  (Amazon's default; with it the words are signed, and only Amazon writes what it signs)
    "2": hashes.SHA256(),
}
"""By SignatureVersion."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The one topic whose messages count, and the certificates with which Amazon signs them."""

    arn: str | None
    certificates: Certificates = field(default_factory=Certificates)


def verify(message: SnsMessage, *, now: datetime, topic: Topic) -> None:
    """Check that a message is of our topic, at most a day old, and signed by Amazon. Raises NotFromAmazon, RetryableError."""
    if topic.arn is None or message.TopicArn != topic.arn:
        raise NotFromAmazon("The message is not of the topic that PROOFDESK_SNS_TOPIC_ARN names.")
    _require_recent(message, now)
    digest = _DIGESTS.get(message.SignatureVersion)
    place = _at_amazon(message.SigningCertURL, _CERTIFICATE, topic)
    if digest is None or place is None:
        raise NotFromAmazon("The message is not signed as Amazon signs.")
    region, suffix = place
    key = topic.certificates.key(message.SigningCertURL, region=region, suffix=suffix, now=now)
    try:
        signature = base64.b64decode(message.Signature, validate=True)
        key.verify(signature, signed_text(message), padding.PKCS1v15(), digest)
    except (ValueError, binascii.Error, InvalidSignature) as error:
        raise NotFromAmazon("The signature does not fit the message.") from error


def confirm_subscription(message: SnsMessage, *, topic: Topic) -> None:
    """Open the link of a verified SubscriptionConfirmation, so that Amazon begins to send. Raises NotFromAmazon, RetryableError."""
    link = message.SubscribeURL or ""
    if _at_amazon(link, _SUBSCRIBE, topic) is None:
        raise NotFromAmazon("The link to confirm the subscription is not one of Amazon's.")
    topic.certificates.fetch(link)


def signed_text(message: SnsMessage) -> bytes:
    """What is signed: each field's name and value on a line, in Amazon's order; fields that are not there are left out."""
    fields = [(name, getattr(message, name)) for name in _SIGNED[message.Type]]
    return "".join(f"{name}\n{value}\n" for name, value in fields if value is not None).encode()


def _require_recent(message: SnsMessage, now: datetime) -> None:
    try:
        sent_at = message.sent_at.astimezone(UTC)
    except (ValueError, OverflowError):
        sent_at = datetime.min.replace(tzinfo=UTC)
    if not now - OLDEST <= sent_at <= now + _AHEAD:
        raise NotFromAmazon("The message is too old, or from a clock that is wrong.")


def _at_amazon(address: str, path: str, topic: Topic) -> tuple[str, str] | None:
    """The region and the host's suffix of an address of SNS in the topic's own region; None for any other address.

    The whole address is compared, so that it has no user, no port and no other host, however a client would read it.
    """
    arn = _ARN.fullmatch(topic.arn or "")
    if arn is None:
        return None
    found = re.fullmatch(_HOST.format(region=re.escape(arn["region"])) + path, address, re.ASCII)
    return (arn["region"], found["suffix"]) if found else None
