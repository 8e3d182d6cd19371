"""Somebody reads the logs of every process: nothing in them opens anything."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from config.container import Container
from config.logging import configure_logging, readable
from pipeline.access.staff.invitations import invite
from pipeline.account.unsubscribe import Leaving, leaving_of, token_of
from pipeline.kernel import clock
from pipeline.kernel.rules.hidden import HIDDEN, hidden, hidden_in_path
from pipeline.kernel.tokens import TokenNotValid
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.people import Visitor, person
from tests.support.servers import variant
from tests.support.sessions import Session, link

NEWS = Leaving("m-1", "notifications")
FORMATS = ["json", "console"]


def logged_to(monkeypatch: pytest.MonkeyPatch, log_format: Any) -> io.StringIO:
    """What this process logs from now on."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    configure_logging("web", log_format=log_format, level="DEBUG")
    return out


def unsubscribe_token(tools: Container) -> str:
    with tools.db.begin() as connection:
        return token_of(connection, NEWS, sealer=tools.sealer, policy=tools.policy)


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize(
    "path",
    [
        "/v1/unsubscribe/{}",
        "/v1/unsubscribe/{}/",
        "/v1//unsubscribe//{}",
        "/V1/Unsubscribe/{}",
        "/unsubscribe/{}",
        "/{}",
        "/v1/unsubscribe%2F{}",
        "/v1/unsubscribe/{}?again=1",
        "/console/cases/{}",
    ],
)
def test_the_token_of_a_link_is_in_no_line_however_it_is_asked_for(
    api: Api, tools: Container, monkeypatch: pytest.MonkeyPatch, path: str, log_format: str
) -> None:
    token = unsubscribe_token(tools)
    out = logged_to(monkeypatch, log_format)

    for method in ("GET", "POST"):
        api.call(method, path.format(token), key=None)

    assert "request.answered" in out.getvalue()
    assert token not in out.getvalue()
    assert token[10:30] not in out.getvalue()


def test_the_links_and_credentials_of_a_day_are_in_no_line(
    desk: Desk, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = logged_to(monkeypatch, "json")
    tools = desk.tools
    session = Session(api)
    ticket = link(api, "m-2").partition("#")[2]
    api.call("GET", f"/member/{ticket}", key=None)
    invitation = invite(person(tools, "new.one", password=None), actor="boss", db=tools.db, rules=tools.policy.sign_in)
    Visitor(tools).get(f"/console/invitation?token={invitation}")
    Visitor(tools).get(f"/console/invitation/{invitation}")
    desk.submit_avatar()
    desk.inspect()
    held = desk.claimed()
    pictures = [page.url.rpartition("/")[2] for each in desk.case(held).materials for page in each.pages]
    for each in pictures:
        api.call("GET", f"/v1/review/pictures/{each}", key=None)
    session.uploaded()
    secrets = [session.credential, ticket, invitation, api.submit_key, *pictures]

    written = out.getvalue()

    assert "request.answered" in written
    assert [each for each in secrets if each[-25:] in written] == []


SECRETS = {
    "whsec_dGhpcyBpcyBhIHNlY3JldCB0aGlzIGlzIGEgc2Vj": "the key whsec_dGhpcyBpcyBhIHNlY3JldCB0aGlzIGlzIGEgc2Vj signs",
    "AAAAsignature": "PUT http://s3/uploads/a?X-Amz-Signature=AAAAsignature&X-Amz-Date=x",
    "AKIAsomebody": "GET http://s3/vault/a?X-Amz-Credential=AKIAsomebody%2F2026&a=b",
    "BBBBsecret": "sent with pd_0123456789abcdef0123456789abcdef_BBBBsecret",
    "CCCCsecret": "opened by pm_0123456789abcdef0123456789abcdef_CCCCsecret, today",
    "DDDDticket": "/member/?ticket=DDDDticket",
    "EEEEcode": "GET /console/sign-in/provider/back?code=EEEEcode&state=FFFF",
    "GGGGstate": "GET /console/sign-in/provider/back?x=1&state=GGGGstate",
    "hunter2": "postgresql://proofdesk:hunter2@db/proofdesk is away",
    "HHHHbearer": "Authorization: Bearer HHHHbearer",
    "sealed:1:local-1:AAAA:BBBB": "value sealed:1:local-1:AAAA:BBBB moved",
    "IIIIpicture": 'INFO: 127.0.0.1 - "GET /v1/review/pictures/IIIIpicture HTTP/1.1" 200',
    "JJJJleave": 'INFO: 127.0.0.1 - "POST /v1/unsubscribe/JJJJleave HTTP/1.1" 200',
}


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("secret", SECRETS)
def test_no_part_of_a_line_shows_a_secret(monkeypatch: pytest.MonkeyPatch, secret: str, log_format: str) -> None:
    out = logged_to(monkeypatch, log_format)
    line = SECRETS[secret]

    structlog.get_logger().warning(line, url=line, nested={"headers": [line]})
    logging.getLogger("uvicorn.access").info(line)
    structlog.get_logger().error("work.failed", exc_info=ValueError(line))

    assert HIDDEN in out.getvalue()
    assert secret not in out.getvalue()


def test_a_line_that_was_written_for_a_program_shows_none_on_a_terminal_either() -> None:
    line = json.dumps({"event": "request.answered", "path": "/v1/unsubscribe/AAAAtoken"})

    assert "AAAAtoken" not in readable(line)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/submissions/01a2289c-e531-751c-a9af-39f770166d70",
        "/public/avatars/01a2289c-e531-751c-a9af-39f770166d70/5f2b7f4f2a4d1c9d5f2b7f4f2a4d1c9d5f2b7f4f2a4d1c9d5f2b7f4f2a4d1c9d.jpg",
        "/v1/members/m-1/subscriptions",
        "/console/cases/01a2289c-e531-751c-a9af-39f770166d70/pages/01a2289c-e531-751c-a9af-39f770166d70/1/large",
    ],
)
def test_a_path_with_ids_stays_readable(path: str) -> None:
    assert hidden_in_path(path) == path


def test_the_id_of_a_key_stays_so_that_it_can_be_revoked() -> None:
    key = "pd_0123456789abcdef0123456789abcdef_"

    assert hidden(f"{key}secret") == f"{key}{HIDDEN}"


def test_a_token_says_nothing_of_the_member_and_ends(tools: Container) -> None:
    short = tools.policy.model_copy(
        update={"unsubscribe": tools.policy.unsubscribe.model_copy(update={"link_days": 0})}
    )
    ended = variant(tools, policy=short)
    token = unsubscribe_token(tools)

    with pytest.raises(TokenNotValid):
        leaving_of(unsubscribe_token(ended), now=clock.now(), db=tools.db, sealer=tools.sealer, policy=tools.policy)

    assert leaving_of(token, now=clock.now(), db=tools.db, sealer=tools.sealer, policy=tools.policy) == NEWS
    assert len({unsubscribe_token(tools)[:20] for _ in range(5)}) == 5


@pytest.mark.timeout(60)  # a rule that looks back from each letter needs minutes for such a line
@pytest.mark.parametrize("before", ["", "://", "?", "Bearer ", "x://a:"])
@pytest.mark.parametrize(
    "odd", ["x", "a.", ":", "://", "://:", "x://a:", "?token", "&X-Amz-", "Bearer ", "/links/", "pm_"]
)
def test_a_long_line_of_a_stranger_keeps_no_process_busy(before: str, odd: str) -> None:
    line = before + odd * (200_000 // len(odd))

    assert hidden(line)
    assert hidden_in_path(line)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("to postgresql+psycopg://u:p@h/x", f"to postgresql+psycopg://{HIDDEN}@h/x"),
        ("http://u:p:q@h", f"http://{HIDDEN}@h"),
        ("redis://:p@h", f"redis://{HIDDEN}@h"),
        ("http://h:80/a@b", "http://h:80/a@b"),
    ],
)
def test_the_password_of_an_address_is_hidden_and_the_rest_is_not(line: str, shown: str) -> None:
    assert hidden(line) == shown
