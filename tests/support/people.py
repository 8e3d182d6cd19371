"""People of the console, and their browsers."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from argon2 import PasswordHasher
from sqlalchemy import func

from config.container import Container
from pipeline.access.staff import sessions
from pipeline.access.staff.invitations import set_password
from pipeline.access.staff.passwords import Passwords
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.access.staff.sign_in import SignInContext
from pipeline.access.staff.tables import session
from pipeline.kernel.credentials import Credential, CredentialKind, acting_by
from tests.support.servers import variant
from tests.support.web import app_of
from web.console.session import cookie_name

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the test client would rather have httpx2
    from fastapi.testclient import TestClient

HASTY = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


def hasty(tools: Container) -> Container:
    """The same clients, but passwords are hashed in no time, for tests that look at something else."""
    if "hasty" not in tools.__dict__:
        made = tools.__dict__["hasty"] = variant(tools)
        made.__dict__["sign_in_context"] = SignInContext(tools.db, Passwords(HASTY), tools.policy.sign_in)
    found: Container = tools.__dict__["hasty"]
    return found


def person(
    tools: Container, reviewer_id: str = "m.lee", *, roles: Sequence[Role] = (), password: str | None = PASSWORD
) -> str:
    """Add a person; with a password unless none is wanted, which saves the time of hashing it."""
    add_reviewer(reviewer_id, roles=roles, db=tools.db)
    if password is not None:
        set_password(reviewer_id, password, actor=reviewer_id, context=tools.sign_in_context)
    return reviewer_id


class Visitor:
    """A browser at the console: it says where its requests begin, follows no redirect by itself, and keeps its cookie."""

    def __init__(self, tools: Container) -> None:
        self.tools = tools
        ours = {"Sec-Fetch-Site": "same-origin"}
        self.client: Any = TestClient(app_of(tools), follow_redirects=False, headers=ours)

    @property
    def token(self) -> str | None:
        """What the session's cookie holds."""
        held: str | None = self.client.cookies.get(cookie_name(self.tools))
        return held

    def get(self, path: str, **headers: str) -> httpx.Response:
        answer: httpx.Response = self.client.get(path, headers=headers)
        return answer

    def post(self, path: str, *, csrf: str | None = None, **form: Any) -> httpx.Response:
        """A form of ours, with the session's own token unless another one is given."""
        own = sessions.derived(self.token or "", "csrf")
        answer: httpx.Response = self.client.post(path, data={"csrf": own if csrf is None else csrf, **form})
        return answer

    def sign_in(self, name: str = "m.lee", password: str = PASSWORD, **form: str) -> httpx.Response:
        return self.post("/console/sign-in", name=name, password=password, **form)


@contextmanager
def acting(tools: Container, reviewer_id: str) -> Iterator[None]:
    """What happens in the block is done by this person, signed in at the console."""
    made = {"id": uuid4(), "token_sha256": uuid4().hex, "reviewer_id": reviewer_id, "proof": "test"}
    with tools.db.begin() as connection:
        connection.execute(session.insert().values(**made, expires_at=func.now() + timedelta(hours=1)))
    with acting_by(Credential(CredentialKind.SESSION, str(made["id"]))):
        yield


def signed_in(tools: Container, reviewer_id: str = "m.lee", *, roles: Sequence[Role] = (Role.REVIEWER,)) -> Visitor:
    """The browser of a person who is signed in; they are added with these roles."""
    person(tools, reviewer_id, roles=roles, password=None)
    visitor = Visitor(tools)
    with tools.db.begin() as connection:
        token = sessions.begin(connection, reviewer_id, proof="test", rules=tools.policy.sign_in)
    visitor.client.cookies.set(cookie_name(tools), token, domain="testserver.local")
    return visitor
