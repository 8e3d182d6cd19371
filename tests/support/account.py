"""A member's account as an upstream service fills it in over HTTP."""

import re
from email.message import EmailMessage
from typing import Any

import httpx

from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.account.subscriptions import choose
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.mails import words

CARD = {"name": "Ada Byron", "company_name": "Blue Door Ltd", "phone": "+49 30 123456"}
PROCUREMENT = {"industries": ["toys", "furniture"], "preferences": ["wood"], "frequency": "monthly"}
COMPANY = {"name": "Blue Door Ltd", "country": "de", "founded": 1998, "size": "11-50"}
ALL_OPEN = {"personal_information": "everyone", "procurement_information": "everyone"}
ADDRESS = "ada@shop.example.com"


def person(**more: Any) -> dict[str, Any]:
    return {"name": "Ada Byron", "email": ADDRESS, "phone": "0151 23456789", "country": "DE", **more}


class Account:
    """Calls for one member; `put` sends the version that was seen, if one is given."""

    def __init__(self, api: Api, desk: Desk, member_id: str = "m-1") -> None:
        self.api, self.desk, self.member_id = api, desk, member_id
        add_reviewer("lead", roles=[Role.LEAD], db=desk.tools.db)
        _, self.admin_key = create_key("lead", [Scope.ADMIN], reviewer_id="lead", db=desk.tools.db)

    def path(self, name: str) -> str:
        return f"/v1/members/{self.member_id}/{name}"

    def get(self, name: str, **params: Any) -> httpx.Response:
        return self.api.get(self.path(name), **params)

    def put(self, name: str, body: object, *, seen: int | str | None = None) -> httpx.Response:
        tag = f'"{seen}"' if isinstance(seen, int) else seen
        headers = {} if tag is None else {"If-Match": tag}
        return self.api.call("PUT", self.path(name), key=self.api.submit_key, json=body, headers=headers)

    def post(self, name: str, body: object, **headers: str) -> httpx.Response:
        return self.api.post(self.path(name), body, **headers)

    def administer(self, path: str, body: object, *, once: str = "k") -> httpx.Response:
        return self.api.call("POST", path, key=self.admin_key, json=body, headers={"Idempotency-Key": once})

    def send_code(self) -> str:
        """Ask for a code and read it in the mail."""
        sent = self.post("email/code", {})
        assert sent.status_code == 202, sent.text
        return self.code_that_comes()

    def code_that_comes(self) -> str:
        """The code in the latest mail, once every mail that is due was sent."""
        self.desk.run_due()
        return code_in(self.desk.mails()[-1])

    def confirm(self) -> None:
        assert self.post("email/confirm", {"code": self.send_code()}).status_code == 200

    def leave(self, category: str) -> None:
        tools = self.desk.tools
        choose(self.member_id, {category: False}, actor="test", trace="t", db=tools.db, policy=tools.policy)

    def let_the_pause_pass(self) -> None:
        self.desk.sql("UPDATE email_code SET sent_at = sent_at - interval '1 hour'")

    def let_the_code_expire(self) -> None:
        self.desk.sql("UPDATE email_code SET expires_at = now() - interval '1 second'")


def code_in(mail: EmailMessage) -> str:
    found = re.search(r"\b\d{6}\b", words(mail))
    assert found is not None
    return found[0]


def another_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"
