import re
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from config.container import Container
from pipeline.account.subscriptions import is_subscribed
from pipeline.account.tables import subscription
from pipeline.account.unsubscribe import Leaving, leaving_of, token_of
from pipeline.kernel import clock
from pipeline.kernel.errors import NotFound
from pipeline.kernel.tokens import signing_key
from pipeline.policy.mail_templates import MailTemplate
from tests.support.account import Account, person
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.mails import rejected, wrote
from tests.support.servers import mail_folder
from tests.support.together import at_once

NEWS = Leaving("m-1", "notifications")


@pytest.fixture
def account(api: Api, desk: Desk) -> Account:
    return Account(api, desk)


@pytest.fixture
def token(tools: Container) -> str:
    with tools.db.begin() as connection:
        return token_of(connection, NEWS, sealer=tools.sealer, policy=tools.policy)


def chosen(account: Account) -> dict[str, bool]:
    return {each["category"]: each["subscribed"] for each in account.get("subscriptions").json()["categories"]}


def click(account: Account, method: str, token: str) -> Any:
    """As a browser or a mail program does it, without a key."""
    return account.api.call(method, f"/v1/unsubscribe/{token}", key=None)


def test_a_member_who_has_not_chosen_gets_what_the_policy_says(account: Account) -> None:
    assert chosen(account) == {"membership_services": True, "notifications": True, "other": False}


def test_what_is_not_named_stays_as_it_is(account: Account, desk: Desk) -> None:
    account.put("subscriptions", {"categories": {"notifications": False}})

    response = account.put("subscriptions", {"categories": {"other": True}})

    assert response.status_code == 200
    assert chosen(account) == {"membership_services": True, "notifications": False, "other": True}
    assert [row.event for row in desk.audited()] == ["subscriptions.changed"] * 2


def test_a_stage_that_is_about_to_write_learns_whether_it_may(account: Account, tools: Container) -> None:
    account.leave("notifications")

    with tools.db.begin() as connection:
        may = {name: is_subscribed(connection, "m-1", name, policy=tools.policy) for name in tools.policy.subscriptions}

    assert may == {"membership_services": True, "notifications": False, "other": False}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"categories": {"spam": True}}, [("categories.spam", "unknown_category")]),
        ({"categories": {}}, [("categories", "invalid_value")]),
        ({"categories": {"other": "perhaps"}}, [("categories.other", "invalid_value")]),
        ({}, [("categories", "missing_field")]),
    ],
)
def test_a_wrong_choice_is_refused(account: Account, body: object, wrong: list[tuple[str, str]], desk: Desk) -> None:
    response = account.put("subscriptions", body)

    assert response.status_code == 422
    assert problems(response) == wrong
    assert desk.rows(subscription) == []


def test_one_click_leaves_one_category_and_can_be_repeated(account: Account, token: str) -> None:
    first, second = click(account, "POST", token), click(account, "POST", token)

    assert (first.status_code, second.status_code) == (200, 200)
    assert "You are unsubscribed" in first.text
    assert chosen(account) == {"membership_services": True, "notifications": False, "other": False}


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
    ],
    ids=["urlencoded", "multipart", "no body"],
)
def test_each_way_in_which_mail_programs_post_is_taken(account: Account, token: str, sent: dict[str, Any]) -> None:
    response = account.api.call("POST", f"/v1/unsubscribe/{token}", key=None, **sent)

    assert response.status_code == 200
    assert chosen(account)["notifications"] is False


def test_looking_at_the_link_asks_and_changes_nothing(account: Account, token: str, desk: Desk) -> None:
    page = click(account, "GET", token)

    assert page.status_code == 200
    assert re.search(r'<form method="post">.*<button type="submit">Unsubscribe</button>', page.text, re.DOTALL)
    assert "“Notifications”" in page.text
    assert desk.rows(subscription) == []


def test_the_page_is_kept_nowhere_and_loads_nothing(account: Account, token: str) -> None:
    headers = click(account, "GET", token).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (headers["X-Robots-Tag"], headers["Referrer-Policy"]) == ("noindex", "no-referrer")


def forged(token: str) -> list[str]:
    clear = urlsafe_b64encode(b'[99999999999,"m-2","notifications"]').decode().rstrip("=")
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    return [clear, changed, token[2:], token[:-2], "x", "ä.ö", f"{token}.{token}", token + token]


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_we_did_not_make_does_nothing(
    account: Account, token: str, desk: Desk, at: int, method: str
) -> None:
    response = click(account, method, forged(token)[at])

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert desk.rows(subscription) == []


def test_a_link_to_a_category_that_is_gone_says_so(tools: Container) -> None:
    with tools.db.begin() as connection:
        token = token_of(connection, Leaving("m-1", "gossip"), sealer=tools.sealer, policy=tools.policy)

    with pytest.raises(NotFound, match="any more"):
        leaving_of(token, now=clock.now(), db=tools.db, sealer=tools.sealer, policy=tools.policy)


def test_processes_that_make_their_first_link_at_once_share_one_key(tools: Container, desk: Desk) -> None:
    def make(_: int) -> str:
        with tools.db.begin() as connection:
            return token_of(connection, NEWS, sealer=tools.sealer, policy=tools.policy)

    made, raised = at_once(8, make)

    read = [leaving_of(each, now=clock.now(), db=tools.db, sealer=tools.sealer, policy=tools.policy) for each in made]
    assert raised == []
    assert read == [NEWS] * 8
    assert len(desk.rows(signing_key)) == 1


def test_a_mail_of_a_category_carries_the_link_and_the_link_works(account: Account, desk: Desk) -> None:
    account.put("personal-information", person())
    assert wrote(desk.tools, MailTemplate.POINTS)

    desk.run_due()

    (file,) = mail_folder(desk.tools).glob("*.eml")
    raw = file.read_text()
    web = re.escape(desk.tools.settings.web_url)
    link = re.search(rf"^List-Unsubscribe: <{web}(/v1/unsubscribe/\S+)>$", raw, re.MULTILINE)
    assert re.search(r"^List-Unsubscribe-Post: List-Unsubscribe=One-Click$", raw, re.MULTILINE)
    assert link is not None
    assert account.api.call("POST", link[1], key=None).status_code == 200
    assert chosen(account)["notifications"] is False
    assert not wrote(desk.tools, MailTemplate.POINTS)


def test_a_result_is_sent_to_a_member_who_left_every_category(account: Account, desk: Desk) -> None:
    account.put("subscriptions", {"categories": {"membership_services": False, "notifications": False}})
    rejected(desk)

    desk.run_due()

    (sent,) = desk.mails()
    assert sent["List-Unsubscribe"] is None
