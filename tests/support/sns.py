"""Amazon SNS as it signs: with keys, certificates and an authority that a test has made."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from pipeline.notification.sns import Topic, signed_text
from pipeline.notification.sns_certificates import Certificates
from schemas.mail_events import SnsMessage

ARN = "arn:aws:sns:eu-central-1:123456789012:mail-events"
CERTIFICATE_URL = (
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)
SUBSCRIBE_URL = f"https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={ARN}&Token=abc"


ISSUER_URL = "http://crt.r2m01.amazontrust.com/r2m01.cer"


@cache
def rsa_key(_name: str) -> rsa.RSAPrivateKey:
    """A key for each name; it takes long to make one."""
    return rsa.generate_private_key(65537, 2048)


def name(common_name: str, organization: str = "Amazon") -> x509.Name:
    pairs = {NameOID.ORGANIZATION_NAME: organization, NameOID.COMMON_NAME: common_name}
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs.items()])


@dataclass(frozen=True)
class Authority:
    """A certificate authority: its certificate is signed by `above`, or by itself. `own` names its key where the subject is not enough."""

    subject: x509.Name
    above: "Authority | None" = None
    own: str = ""

    @property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa_key(f"{self.subject.rfc4514_string()} {self.own}")

    @cached_property
    def certificate(self) -> x509.Certificate:
        signer = self.above or self
        builder = dated(signer.subject, self.subject, self.key.public_key(), days=3000)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(USAGE_OF_AN_AUTHORITY, critical=True)
        return identified(builder, self.key, signer.key).sign(signer.key, hashes.SHA256())


ROOT = Authority(name("Amazon Root CA of the tests"))
ISSUER = Authority(name("Amazon RSA 2048 M01 of the tests"), ROOT)
USAGE_OF_AN_AUTHORITY = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def dated(issuer: x509.Name, subject: x509.Name, key: rsa.RSAPublicKey, *, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=60)).not_valid_after(now + timedelta(days=days))


def identified(
    builder: x509.CertificateBuilder, key: rsa.RSAPrivateKey, signer: rsa.RSAPrivateKey
) -> x509.CertificateBuilder:
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(above, critical=False).add_extension(own, critical=False)


@dataclass
class Amazon:
    """Signs messages, and answers at its addresses; `asked` says at which. What it is trusted for is its authority `ROOT`."""

    own: str = "sns"
    asked: list[str] = field(default_factory=list)
    valid_days: int = 30
    issuer: Authority = ISSUER
    names: tuple[str, ...] = ("sns.amazonaws.com",)
    issuer_url: str | None = ISSUER_URL
    for_servers: bool = True
    is_authority: bool = False

    @property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa_key(self.own)

    def topic(self, arn: str | None = ARN) -> Topic:
        return Topic(arn, Certificates(self.fetch, authorities=[ROOT.certificate]))

    def fetch(self, address: str) -> bytes:
        self.asked.append(address)
        if address == self.issuer_url:
            return self.issuer.certificate.public_bytes(Encoding.DER)
        return self.certificate()

    def certificate(self) -> bytes:
        subject = name(self.names[0])
        builder = dated(self.issuer.subject, subject, self.key.public_key(), days=self.valid_days)
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in self.names])
        builder = builder.add_extension(alternatives, critical=False)
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if self.for_servers else ExtendedKeyUsageOID.CODE_SIGNING
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if self.is_authority:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        if self.issuer_url:
            place = x509.UniformResourceIdentifier(self.issuer_url)
            access = [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)]
            builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
        signer = self.issuer.key
        return identified(builder, self.key, signer).sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)

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
        digest = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()  # noqa: S303  (as Amazon does)
        signature = self.key.sign(text, padding.PKCS1v15(), digest)
        return {**message, "Signature": base64.b64encode(signature).decode()}


def bounce(address: str, kind: str = "Permanent") -> dict[str, Any]:
    recipients = [{"emailAddress": address, "status": "5.1.1"}]
    return {"notificationType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": recipients}, "mail": {}}


def complaint(address: str) -> dict[str, Any]:
    return {"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": address}]}}
