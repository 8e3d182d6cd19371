"""Amazon SNS as it signs: with a key and a certificate that a test has made."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pipeline.notification.sns import Topic, signed_text
from schemas.mail_events import SnsMessage

ARN = "arn:aws:sns:eu-central-1:123456789012:mail-events"
CERTIFICATE_URL = (
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)
SUBSCRIBE_URL = f"https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={ARN}&Token=abc"
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])


@dataclass
class Amazon:
    """Signs messages, and answers at its addresses; `asked` says at which."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    asked: list[str] = field(default_factory=list)
    valid_days: int = 30

    def topic(self, arn: str | None = ARN) -> Topic:
        return Topic(arn, self.fetch)

    def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        return self.certificate()

    def certificate(self) -> bytes:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(NAME, NAME, self.key.public_key(), 7)
        dated = builder.not_valid_before(now - timedelta(days=60)).not_valid_after(
            now + timedelta(days=self.valid_days)
        )
        return dated.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def notification(self, said: object, **more: Any) -> dict[str, Any]:
        """A signed notification that carries `said` as its JSON."""
        return self.signed(Type="Notification", Message=orjson.dumps(said).decode(), **more)

    def signed(self, **fields: Any) -> dict[str, Any]:
        message = {
            "MessageId": "m-0001",
            "TopicArn": ARN,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "SignatureVersion": "2",
            "Signature": "",
            "SigningCertURL": CERTIFICATE_URL,
            **fields,
        }
        text = signed_text(SnsMessage.model_validate(message))
        signature = self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return {**message, "Signature": base64.b64encode(signature).decode()}


def bounce(address: str, kind: str = "Permanent") -> dict[str, Any]:
    recipients = [{"emailAddress": address, "status": "5.1.1"}]
    return {"notificationType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": recipients}, "mail": {}}


def complaint(address: str) -> dict[str, Any]:
    return {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": address}]}}
