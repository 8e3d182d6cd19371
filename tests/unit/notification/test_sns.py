from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.notification.sns import confirm_subscription, signed_text, verify
from pipeline.notification.sns_certificates import NotFromAmazon
from schemas.mail_events import SesNotice, SnsMessage
from tests.support.sns import ARN, CERTIFICATE_URL, SUBSCRIBE_URL, Amazon, bounce, complaint

ADDRESS = "ada@shop.example.com"
Fields = dict[str, Any]


@pytest.fixture(scope="module")
def amazon() -> Amazon:
    return Amazon()


def believed(fields: Fields, amazon: Amazon, *, arn: str | None = ARN) -> bool:
    try:
        verify(SnsMessage.model_validate(fields), now=datetime.now(UTC), topic=amazon.topic(arn))
    except NotFromAmazon:
        return False
    return True


def test_what_amazon_signed_is_believed(amazon: Amazon) -> None:
    assert believed(amazon.notification(bounce(ADDRESS)), amazon)
    assert believed(amazon.notification(bounce(ADDRESS), Subject="Mail news"), amazon)
    assert amazon.asked[0] == CERTIFICATE_URL


def test_what_is_signed_is_in_amazons_order() -> None:
    fields = {
        "Message": "m",
        "MessageId": "1",
        "Timestamp": "t",
        "TopicArn": "a",
        "SigningCertURL": "",
        "Signature": "",
    }

    text = signed_text(SnsMessage.model_validate({**fields, "Type": "Notification", "SignatureVersion": "2"}))

    assert text == b"Message\nm\nMessageId\n1\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"


@pytest.mark.parametrize(
    "forge",
    [
        lambda fields: {**fields, "Message": fields["Message"].replace("ada", "eve")},
        lambda fields: {**fields, "MessageId": "m-0002"},
        lambda fields: {**fields, "Subject": "Added"},
        lambda fields: {**fields, "Signature": "AAAA"},
        lambda fields: {**fields, "Signature": "not base64"},
        lambda fields: {**fields, "Signature": ""},
        lambda fields: {**fields, "SignatureVersion": "1"},
    ],
    ids=["words", "id", "subject", "signature", "no base64", "no signature", "older signature"],
)
def test_what_was_changed_afterwards_is_not_believed(amazon: Amazon, forge: Callable[[Fields], Fields]) -> None:
    assert not believed(forge(amazon.notification(bounce(ADDRESS))), amazon)


def test_what_somebody_else_signed_is_not_believed(amazon: Amazon) -> None:
    assert not believed(Amazon("somebody else").notification(bounce(ADDRESS)), amazon)


@pytest.mark.parametrize("arn", [None, ARN + "-2"])
def test_another_topic_is_not_believed_and_nobody_is_asked(amazon: Amazon, arn: str | None) -> None:
    asked = list(amazon.asked)

    assert not believed(amazon.notification(bounce(ADDRESS)), amazon, arn=arn)
    assert amazon.asked == asked


@pytest.mark.parametrize(
    "address",
    [
        CERTIFICATE_URL.replace("https", "http"),
        CERTIFICATE_URL.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE_URL.replace("sns.eu", "evil.example/sns.eu"),
        CERTIFICATE_URL.replace("https://", "https://u@"),
        CERTIFICATE_URL.replace("SimpleNotificationService", "../x"),
        CERTIFICATE_URL + "\n",
        CERTIFICATE_URL + "?x",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_a_certificate_from_anywhere_else_is_not_fetched(amazon: Amazon, address: str) -> None:
    asked = list(amazon.asked)

    assert not believed(amazon.notification(bounce(ADDRESS), SigningCertURL=address), amazon)
    assert amazon.asked == asked


@pytest.mark.parametrize("moment", [timedelta(hours=-25), timedelta(hours=1)], ids=["of yesterday", "of tomorrow"])
def test_a_message_of_another_time_is_not_believed(amazon: Amazon, moment: timedelta) -> None:
    assert not believed(amazon.notification({}, Timestamp=(datetime.now(UTC) + moment).isoformat()), amazon)


@pytest.mark.parametrize("written", ["yesterday", "", "0001-01-01T00:00:00+14:00"])
def test_a_message_of_no_time_is_not_believed(amazon: Amazon, written: str) -> None:
    assert not believed(amazon.notification({}, Timestamp=written), amazon)


def test_a_certificate_that_has_run_out_is_not_believed() -> None:
    old = Amazon(valid_days=-1)

    assert not believed(old.notification(bounce(ADDRESS)), old)


def test_a_subscription_is_confirmed_at_amazons_link() -> None:
    amazon = Amazon()
    fields = amazon.signed(Type="SubscriptionConfirmation", Message="Welcome", Token="abc", SubscribeURL=SUBSCRIBE_URL)

    confirm_subscription(SnsMessage.model_validate(fields), topic=amazon.topic())

    assert believed(fields, amazon)
    assert amazon.asked[0] == SUBSCRIBE_URL


@pytest.mark.parametrize("link", [None, "", "https://evil.example/?Action=ConfirmSubscription&x", CERTIFICATE_URL])
def test_any_other_link_is_not_visited(link: str | None) -> None:
    amazon = Amazon()
    fields = amazon.signed(Type="SubscriptionConfirmation", Message="Welcome", Token="abc", SubscribeURL=link)

    with pytest.raises(NotFromAmazon):
        confirm_subscription(SnsMessage.model_validate(fields), topic=amazon.topic())

    assert amazon.asked == []


@pytest.mark.parametrize(
    ("said", "suppressed"),
    [
        (bounce(ADDRESS), ("bounce", (ADDRESS,))),
        (complaint(ADDRESS), ("complaint", (ADDRESS,))),
        (bounce(ADDRESS, "Transient"), None),
        (bounce(ADDRESS, "Undetermined"), None),
        ({"notificationType": "Delivery"}, None),
        ({"eventType": "Open"}, None),
        ({}, None),
    ],
)
def test_only_what_will_not_pass_suppresses(said: Fields, suppressed: object) -> None:
    assert SesNotice.model_validate(said).suppressed() == suppressed
