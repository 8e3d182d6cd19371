"""Amazon SNS over HTTP: whether a message is Amazon's and of our topic, and what it says.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pipeline.kernel.errors import Forbidden, RetryableError
from schemas.mail_events import SnsMessage

FetchFromAmazon = Callable[[str], bytes]
"""Gets what is at an address of Amazon's. Raises RetryableError."""

TIMEOUT_SECONDS: Final = 5
OLDEST: Final = timedelta(hours=24)
"""A message that is older may be one that somebody recorded. Idempotency keys are kept for longer than this."""

_AHEAD: Final = timedelta(minutes=15)
_HOST: Final = r"https://sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?"
_CERTIFICATE: Final = re.compile(_HOST + r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem")
_SUBSCRIBE: Final = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[A-Za-z0-9_.:&=%-]{1,1500}")
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """The one topic whose messages count, and how Amazon's certificates are fetched."""

    arn: str | None
    fetch: FetchFromAmazon


def fetch_from_amazon(address: str) -> bytes:
    """The body at an address that was compared with Amazon's hosts before. Raises RetryableError."""
    try:
        return httpx.get(address, timeout=TIMEOUT_SECONDS, follow_redirects=False).raise_for_status().content
    except httpx.HTTPError as error:
        raise RetryableError("Amazon SNS cannot be reached.") from error


class NotFromAmazon(Forbidden):
    """The message is not signed by Amazon, not of our topic, or too old."""

    code = "not_from_amazon"


def verify(message: SnsMessage, *, now: datetime, topic: Topic) -> None:
    """Check that a message is of our topic, at most a day old, and signed by Amazon. Raises NotFromAmazon, RetryableError."""
    if topic.arn is None or message.TopicArn != topic.arn:
        raise NotFromAmazon("The message is not of the topic that PROOFDESK_SNS_TOPIC_ARN names.")
    _require_recent(message, now)
    if message.SignatureVersion != "2" or not _CERTIFICATE.fullmatch(message.SigningCertURL):
        raise NotFromAmazon("The message is not signed as Amazon signs. Set the topic's SignatureVersion to 2.")
    if not _is_signed(message, topic.fetch(message.SigningCertURL), now):
        raise NotFromAmazon("The signature does not fit the message.")


def confirm_subscription(message: SnsMessage, *, topic: Topic) -> None:
    """Open the link of a verified SubscriptionConfirmation, so that Amazon begins to send. Raises NotFromAmazon, RetryableError."""
    link = message.SubscribeURL or ""
    if not _SUBSCRIBE.fullmatch(link):
        raise NotFromAmazon("The link to confirm the subscription is not one of Amazon's.")
    topic.fetch(link)


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


def _is_signed(message: SnsMessage, certificate: bytes, now: datetime) -> bool:
    try:
        loaded = x509.load_pem_x509_certificate(certificate)
        signature = base64.b64decode(message.Signature, validate=True)
    except (ValueError, binascii.Error):
        return False
    key = loaded.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or not loaded.not_valid_before_utc <= now <= loaded.not_valid_after_utc:
        return False
    try:
        key.verify(signature, signed_text(message), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
