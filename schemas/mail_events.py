"""Bounces and complaints that mail providers report, in a format of our own and in Amazon's."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.base import Frozen, Identifier
from schemas.mail_address import MailAddress


class MailEvent(Frozen):
    """An address that bounced for good, or whose owner complained."""

    type: Literal["bounce", "complaint"]
    recipient: MailAddress
    provider: Identifier


class AddressRequest(Frozen):
    """An address to send to again."""

    address: MailAddress


class SuppressedView(Frozen):
    """How many addresses nothing is sent to any more because of this request."""

    suppressed: int


class _Theirs(BaseModel):
    """A shape of Amazon's: fields that we do not know are theirs to add."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Short = Annotated[str, Field(max_length=2000)]


class SnsMessage(_Theirs):
    """A message of Amazon SNS over HTTP, as it is signed."""

    Type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    MessageId: Annotated[str, Field(min_length=1, max_length=150)]
    TopicArn: Short
    Message: Annotated[str, Field(max_length=262_144)]
    Timestamp: Short
    SignatureVersion: Short
    Signature: Short
    SigningCertURL: Short
    Subject: Short | None = None
    SubscribeURL: Short | None = None
    Token: Short | None = None

    @property
    def sent_at(self) -> datetime:
        """When it was sent. Raises ValueError."""
        return datetime.fromisoformat(self.Timestamp)


class _Recipient(_Theirs):
    emailAddress: Annotated[str, Field(max_length=400)]  # noqa: N815  (Amazon's name)


class _Bounce(_Theirs):
    bounceType: str  # noqa: N815  (Amazon's name)
    bouncedRecipients: tuple[_Recipient, ...]  # noqa: N815  (Amazon's name)


class _Complaint(_Theirs):
    complainedRecipients: tuple[_Recipient, ...]  # noqa: N815  (Amazon's name)


class SesNotice(_Theirs):
    """What Amazon SES says of a mail: as a notification (`notificationType`) or as a published event (`eventType`)."""

    notificationType: str | None = None  # noqa: N815  (Amazon's name)
    eventType: str | None = None  # noqa: N815  (Amazon's name)
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None

    def suppressed(self) -> tuple[Literal["bounce", "complaint"], tuple[str, ...]] | None:
        """The reason and the addresses that nothing is to be sent to any more; None for any other notification.

        A bounce that is not `Permanent` may pass by itself.
        """
        kind: Any = self.notificationType or self.eventType
        if kind == "Complaint" and self.complaint:
            return "complaint", tuple(each.emailAddress for each in self.complaint.complainedRecipients)
        if kind == "Bounce" and self.bounce and self.bounce.bounceType == "Permanent":
            return "bounce", tuple(each.emailAddress for each in self.bounce.bouncedRecipients)
        return None
