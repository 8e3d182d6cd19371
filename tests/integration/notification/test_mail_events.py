from dataclasses import replace
from typing import Any

import orjson
import pytest

from config.container import Container
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid
from pipeline.notification.feedback import take_in
from pipeline.notification.tables import mail, suppressed_address
from pipeline.tasks.rules import SEND_MAIL
from tests.support.account import Account, person
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.mails import frozen, rejected
from tests.support.servers import variant
from tests.support.sns import ARN, SUBSCRIBE_URL, Amazon, bounce, complaint

ADDRESS = "ada@shop.example.com"
EVENT = {"type": "bounce", "recipient": ADDRESS, "provider": "smtp-relay"}


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


@pytest.fixture(scope="module")
def amazon() -> Amazon:
    return Amazon()


def deliver(api: Api, amazon: Amazon, fields: dict[str, Any], tools: Container) -> Any:
    """As Amazon does it: without a key, and as plain text."""
    listening = variant(tools)
    listening.__dict__["topic"] = amazon.topic()
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": fields["Type"]}
    return api.over(listening).call(
        "POST", "/v1/mail-events/sns", key=None, content=orjson.dumps(fields), headers=headers
    )


def suppressed(desk: Desk) -> list[tuple[str, str]]:
    return [(row.address, row.reason) for row in desk.rows(suppressed_address)]


def test_nothing_is_sent_to_an_address_that_bounced_and_that_is_on_record(api: Api, desk: Desk) -> None:
    submission = rejected(desk)
    response = api.post("/v1/mail-events", EVENT)

    desk.run_due()

    assert (response.status_code, response.json()) == (200, {"suppressed": 1})
    assert desk.mails() == []
    assert frozen(desk).state == "suppressed"
    assert desk.only_task(SEND_MAIL).state == "done"
    assert desk.history(submission)[-1] == "mail.suppressed"
    assert desk.submission(submission).effects[0].state == "suppressed"


def test_others_still_get_their_mails(api: Api, desk: Desk) -> None:
    api.post("/v1/mail-events", {**EVENT, "recipient": "somebody@else.example.com"})
    rejected(desk)

    desk.run_due()

    assert [sent["To"] for sent in desk.mails()] == [ADDRESS]


@pytest.mark.parametrize("recipient", ["ada@SHOP.example.com", "Ada@shop.example.com"])
def test_an_address_is_known_in_any_spelling(api: Api, desk: Desk, recipient: str) -> None:
    api.post("/v1/mail-events", {**EVENT, "recipient": recipient, "type": "complaint"})
    rejected(desk)

    desk.run_due()

    assert desk.mails() == []
    assert suppressed(desk) == [(ADDRESS, "complaint")]


def test_a_code_to_a_suppressed_address_is_answered_like_any_other(account: Account, api: Api, desk: Desk) -> None:
    account.put("personal-information", person())
    api.post("/v1/mail-events", EVENT)

    response = account.post("email/code", {})
    desk.run_due()

    assert response.status_code == 202
    assert desk.mails() == []
    (row,) = desk.rows(mail)
    assert (row.state, row.text) == ("suppressed", "")


def test_an_event_that_is_told_again_changes_nothing(api: Api, desk: Desk) -> None:
    first = api.post("/v1/mail-events", EVENT, once="once").json()

    again = api.post("/v1/mail-events", EVENT, once="once").json()
    anew = api.post("/v1/mail-events", EVENT).json()

    assert (first, again, anew) == ({"suppressed": 1}, {"suppressed": 1}, {"suppressed": 0})
    assert [row.event for row in desk.audited()] == ["address.suppressed"]


def test_the_history_does_not_name_the_address(api: Api, desk: Desk) -> None:
    api.post("/v1/mail-events", EVENT)

    detail = dict(desk.audited()[0].detail)
    assert detail.pop("credential")["kind"] == "key"
    assert detail == {"reason": "bounce", "addresses": 1}


def test_an_administrator_lifts_it_and_mails_leave_again(account: Account, api: Api, desk: Desk) -> None:
    api.post("/v1/mail-events", EVENT)

    lifted = account.administer("/v1/suppressed-addresses/lift", {"address": "ADA@shop.example.com"})
    again = account.administer("/v1/suppressed-addresses/lift", {"address": ADDRESS})
    rejected(desk)
    desk.run_due()

    assert (lifted.status_code, again.status_code) == (204, 404)
    assert [sent["To"] for sent in desk.mails()] == [ADDRESS]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"type": "love"}, ("type", "unknown_type")),
        ({"recipient": "ada"}, ("recipient", "invalid_email")),
        ({"provider": "a b"}, ("provider", "invalid_value")),
        ({"colour": "red"}, ("colour", "unknown_field")),
    ],
)
def test_a_wrong_event_is_refused(api: Api, desk: Desk, changes: dict[str, str], wrong: tuple[str, str]) -> None:
    response = api.post("/v1/mail-events", {**EVENT, **changes})

    assert response.status_code == 422
    assert problems(response) == [wrong]
    assert suppressed(desk) == []


def test_each_route_asks_for_its_scope(api: Api) -> None:
    nobody = api.call("POST", "/v1/mail-events", key=None, json=EVENT)
    reviewer = api.call("POST", "/v1/mail-events", key=api.review_key, json=EVENT)
    upstream = api.call("POST", "/v1/suppressed-addresses/lift", key=api.submit_key, json={"address": ADDRESS})

    assert [each.status_code for each in (nobody, reviewer, upstream)] == [401, 403, 403]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (bounce(ADDRESS), [(ADDRESS, "bounce")]),
        (complaint(ADDRESS), [(ADDRESS, "complaint")]),
        (bounce(ADDRESS, "Transient"), []),
        ({"notificationType": "Delivery"}, []),
    ],
    ids=["bounce", "complaint", "passing bounce", "delivery"],
)
def test_what_amazon_tells_is_taken_in(
    api: Api, tools: Container, desk: Desk, amazon: Amazon, said: object, found: list[tuple[str, str]]
) -> None:
    response = deliver(api, amazon, amazon.notification(said), tools)

    assert (response.status_code, response.json()) == (200, {"suppressed": len(found)})
    assert suppressed(desk) == found


def test_a_message_that_is_recorded_and_sent_again_does_not_suppress_again(
    account: Account, api: Api, tools: Container, desk: Desk, amazon: Amazon
) -> None:
    recorded = amazon.notification(bounce(ADDRESS))
    deliver(api, amazon, recorded, tools)
    account.administer("/v1/suppressed-addresses/lift", {"address": ADDRESS})

    response = deliver(api, amazon, recorded, tools)

    assert response.status_code == 200
    assert suppressed(desk) == []


def test_a_message_that_amazon_did_not_sign_is_refused(api: Api, tools: Container, desk: Desk, amazon: Amazon) -> None:
    response = deliver(api, amazon, Amazon("somebody else").notification(bounce(ADDRESS)), tools)

    assert (response.status_code, response.json()["code"]) == (403, "not_from_amazon")
    assert suppressed(desk) == []


def test_without_a_topic_in_the_settings_nothing_of_amazon_is_believed(api: Api, amazon: Amazon) -> None:
    response = api.call("POST", "/v1/mail-events/sns", key=None, json=amazon.notification(bounce(ADDRESS)))

    assert (response.status_code, response.json()["code"]) == (403, "not_from_amazon")


def test_a_new_subscription_is_confirmed(api: Api, tools: Container, amazon: Amazon) -> None:
    hello = amazon.signed(Type="SubscriptionConfirmation", Message="Hello", Token="t", SubscribeURL=SUBSCRIBE_URL)

    response = deliver(api, amazon, hello, tools)

    assert response.status_code == 200
    assert amazon.asked[-1] == SUBSCRIBE_URL


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"\xff"], ids=["no json", "a list", "nothing", "no utf-8"])
def test_a_body_that_is_no_message_is_a_problem_of_the_caller(api: Api, body: bytes) -> None:
    response = api.call("POST", "/v1/mail-events/sns", key=None, content=body)

    assert response.status_code == 422
    assert problems(response)


def test_a_message_that_is_too_long_is_not_read_to_its_end(api: Api) -> None:
    response = api.call("POST", "/v1/mail-events/sns", key=None, content=b"x" * 300_000)

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert response.headers["content-type"] == "application/problem+json"


def test_words_that_are_not_of_mails_are_let_pass(tools: Container, amazon: Amazon) -> None:
    greeting = amazon.signed(Type="Notification", Message="Successfully validated SNS topic for Amazon SES.")

    assert take_in(orjson.dumps(greeting), now=clock.now(), topic=amazon.topic(), db=tools.db) == 0


def test_news_of_mails_in_another_shape_are_a_problem(tools: Container, amazon: Amazon) -> None:
    broken = amazon.notification({"notificationType": "Bounce", "bounce": {"bounceType": "Permanent"}})

    with pytest.raises(Invalid, match="no notification of Amazon SES"):
        take_in(orjson.dumps(broken), now=clock.now(), topic=replace(amazon.topic(), arn=ARN), db=tools.db)
