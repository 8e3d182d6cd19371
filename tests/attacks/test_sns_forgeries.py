"""A stranger forges what Amazon SNS would send: addresses that look like Amazon's, and certificates that Amazon's authority did not
issue to SNS. Every attack goes through the route that needs no key."""

from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson
import pytest
from cryptography import x509

from config.container import Container
from pipeline.kernel.errors import RetryableError
from pipeline.notification import sns_certificates
from pipeline.notification.sns import Topic
from pipeline.notification.sns_certificates import Certificates, NotFromAmazon, fetch_from_amazon, names_of
from pipeline.notification.tables import suppressed_address
from tests.support.desk import Desk
from tests.support.endpoint import answering
from tests.support.http import Api
from tests.support.servers import variant
from tests.support.sns import ARN, CERTIFICATE_URL, ISSUER_URL, ROOT, SUBSCRIBE_URL, Amazon, Authority, bounce, name

ADDRESS = "ada@shop.example.com"
HOST = "sns.eu-central-1.amazonaws.com"
EVIL_ROOT = Authority(name("Root of a stranger"))


Send = Callable[[dict[str, Any], Topic], Any]


@pytest.fixture(scope="module")
def listening(all_servers: Container) -> Container:
    """The clients of a web process of its own, whose topic each test sets."""
    return variant(all_servers)


@pytest.fixture
def send(api: Api, listening: Container) -> Send:
    """The answer to a message that arrives over HTTP without a key."""

    def call(fields: dict[str, Any], topic: Topic) -> Any:
        listening.__dict__["topic"] = topic
        return api.over(listening).call("POST", "/v1/mail-events/sns", key=None, content=orjson.dumps(fields))

    return call


def assert_refused(answer: Any, desk: Desk) -> None:
    assert (answer.status_code, answer.json()["code"]) == (403, "not_from_amazon"), answer.text
    assert desk.rows(suppressed_address) == []


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_genuine_message_is_believed_in_both_versions_of_the_signature(
    send: Send, desk: Desk, version: str
) -> None:
    amazon = Amazon()

    answer = send(amazon.notification(bounce(ADDRESS), SignatureVersion=version), amazon.topic())

    assert answer.status_code == 200
    assert [row.address for row in desk.rows(suppressed_address)] == [ADDRESS]
    assert amazon.asked == [CERTIFICATE_URL, ISSUER_URL]


@pytest.mark.parametrize(
    "host",
    [
        "sns.eu-central-1.amazonaws.com.evil.example",
        "sns.eu-central-1.amazonaws.com@evil.example",
        "evil@sns.eu-central-1.amazonaws.com",
        "sns.eu-central-1.amazonaws.com:8443",
        "sns.eu-central-1.amazonaws.com.",
        "sns.eu-central-1.amazonaws.com.cn.evil.example",
        "sns-evil.eu-central-1.amazonaws.com",
        "evil-sns.eu-central-1.amazonaws.com",
        "sns.us-east-1.amazonaws.com",
        "sns.evil.amazonaws.com",
        "sns.evil.s3.amazonaws.com",
        "sns.eu-central-1xamazonaws.com",
        "snsxeu-central-1.amazonaws.com",
        "SNS.EU-CENTRAL-1.AMAZONAWS.COM",
        "sns.eu\u2024central-1.amazonaws.com",
        "sns.eu-central-1.amazonaws.com\\@evil.example",
        "sns.eu-central-1.amazonaws.com%2f@evil.example",
        "sns.eu-central-1.amazonaws.com#@evil.example",
        "\nsns.eu-central-1.amazonaws.com",
        "127.0.0.1",
        "[::1]",
    ],
)
def test_no_other_host_is_asked_for_a_certificate_or_a_subscription(send: Send, desk: Desk, host: str) -> None:
    amazon = Amazon()
    message = amazon.notification(bounce(ADDRESS), SigningCertURL=CERTIFICATE_URL.replace(HOST, host))
    hello = amazon.signed(
        Type="SubscriptionConfirmation", Message="Hello", Token="t", SubscribeURL=SUBSCRIBE_URL.replace(HOST, host)
    )

    answers = [send(each, amazon.topic()) for each in (message, hello)]

    assert_refused(answers[0], desk)
    assert_refused(answers[1], desk)
    assert set(amazon.asked) == {CERTIFICATE_URL, ISSUER_URL}  # for the second, which is signed well


@pytest.mark.parametrize(
    "address",
    [
        CERTIFICATE_URL.replace("https", "http"),
        CERTIFICATE_URL.replace("https", "ftp"),
        CERTIFICATE_URL + "?x=1",
        CERTIFICATE_URL + "\n",
        CERTIFICATE_URL.replace("/Simple", "//Simple"),
        CERTIFICATE_URL.replace("/Simple", "/../Simple"),
        CERTIFICATE_URL.replace("SimpleNotificationService-", "evil-"),
        f"https://{HOST}/?Action=ConfirmSubscription&Token=t",
        "",
    ],
)
def test_no_other_address_of_that_host_is_asked_for_a_certificate(send: Send, desk: Desk, address: str) -> None:
    amazon = Amazon()

    assert_refused(send(amazon.notification(bounce(ADDRESS), SigningCertURL=address), amazon.topic()), desk)
    assert amazon.asked == []


FORGED: dict[str, Callable[[], Amazon]] = {
    "signed by itself": lambda: Amazon(issuer=Authority(name("sns.amazonaws.com")), issuer_url=None),
    "of a stranger's authority": lambda: Amazon(issuer=EVIL_ROOT),
    "of a stranger's authority with Amazon's name": lambda: Amazon(
        issuer=Authority(name("Fake"), Authority(name("x")))
    ),
    "of an authority with the trusted one's name": lambda: Amazon(issuer=Authority(ROOT.subject, own="of a stranger")),
    "of another company's trusted authority": lambda: Amazon(issuer=Authority(name("CA", "Other Ltd"), ROOT)),
    "issued to another service": lambda: Amazon(names=("s3.amazonaws.com",)),
    "issued to another region": lambda: Amazon(names=("sns-signing.af-south-1.amazonaws.com",)),
    "issued to a stranger": lambda: Amazon(names=("sns.amazonaws.com.evil.example",)),
    "issued to a name within": lambda: Amazon(names=("evil.sns.amazonaws.com",)),
    "issued to all names of a stranger": lambda: Amazon(names=("*.evil.com",)),
    "run out": lambda: Amazon(valid_days=-1),
    "not for servers": lambda: Amazon(for_servers=False),
    "an authority itself": lambda: Amazon(is_authority=True),
    "without its issuer": lambda: Amazon(issuer_url=None),
    "with its issuer at a stranger's": lambda: Amazon(issuer_url="http://crt.evil.example/r2m01.cer"),
    "with its issuer inside": lambda: Amazon(issuer_url="http://169.254.169.254/r2m01.cer"),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_certificate_that_amazons_authority_did_not_issue_to_sns_is_not_believed(
    send: Send, desk: Desk, forged: Callable[[], Amazon]
) -> None:
    stranger = forged()

    assert_refused(send(stranger.notification(bounce(ADDRESS)), stranger.topic()), desk)
    assert set(stranger.asked) <= {CERTIFICATE_URL, ISSUER_URL}


@pytest.mark.parametrize("served", [b"", b"no certificate", b"\x00" * 100, b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_not_believed(send: Send, desk: Desk, served: bytes) -> None:
    topic = Topic(ARN, Certificates(lambda _: served, authorities=[ROOT.certificate]))

    assert_refused(send(Amazon().notification(bounce(ADDRESS)), topic), desk)


def test_by_default_the_systems_authorities_are_trusted_and_not_a_tests(send: Send, desk: Desk) -> None:
    amazon = Amazon()

    assert_refused(send(amazon.notification(bounce(ADDRESS)), Topic(ARN, Certificates(amazon.fetch))), desk)
    assert any("Amazon Root CA 1" in each.subject.rfc4514_string() for each in sns_certificates.system_authorities())


@pytest.mark.parametrize(
    ("arn", "url", "names"),
    [
        (ARN, CERTIFICATE_URL, ("sns.eu-central-1.amazonaws.com",)),
        (ARN, CERTIFICATE_URL, ("sns-signing.eu-central-1.amazonaws.com",)),
        (
            "arn:aws-cn:sns:cn-north-1:123456789012:mail-events",
            CERTIFICATE_URL.replace("eu-central-1.amazonaws.com", "cn-north-1.amazonaws.com.cn"),
            ("sns-cn-north-1.amazonaws.com.cn",),
        ),
    ],
)
def test_a_region_with_a_name_of_its_own_is_believed(send: Send, arn: str, url: str, names: tuple[str, ...]) -> None:
    amazon = Amazon(names=names)

    answer = send(amazon.notification(bounce(ADDRESS), TopicArn=arn, SigningCertURL=url), amazon.topic(arn))

    assert answer.status_code == 200, answer.text


def test_the_certificate_is_fetched_once_and_judged_each_time() -> None:
    amazon, now = Amazon(), datetime.now(UTC)
    certificates = Certificates(amazon.fetch, authorities=[ROOT.certificate])
    keys = [certificates.key(CERTIFICATE_URL, region="eu-central-1", suffix="com", now=now) for _ in range(3)]

    with pytest.raises(NotFromAmazon):
        certificates.key(CERTIFICATE_URL, region="eu-central-1", suffix="com", now=now.replace(year=now.year + 1))

    assert len(keys) == 3
    assert amazon.asked == [CERTIFICATE_URL, ISSUER_URL]


def test_the_names_of_a_region_are_amazons() -> None:
    assert names_of("us-gov-east-1", "com")[0] == "sns-us-gov-west-1.amazonaws.com"
    assert all(x509.DNSName(each).value.endswith(".amazonaws.com") for each in names_of("eu-south-1", "com"))


def _redirect(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://169.254.169.254/latest/meta-data")
    handler.end_headers()


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65_536)


def _nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


def _fault(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(503)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(_redirect, NotFromAmazon), (_endless, NotFromAmazon), (_nothing, NotFromAmazon), (_fault, RetryableError)],
)
def test_a_fetch_follows_no_redirect_and_reads_no_long_body(
    answer: Callable[[BaseHTTPRequestHandler], None], error: type[Exception]
) -> None:
    with answering(answer) as address, pytest.raises(error):
        fetch_from_amazon(address)
