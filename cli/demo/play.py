"""A desk to sit down at: cases of every kind that wait, and a person of each role to sign in as."""

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import cycle
from typing import Final, NamedTuple
from urllib.parse import urlencode

from cli.demo.clients import Api, Upstream
from cli.demo.plan import APPROVED, REJECTED, Plan
from cli.demo.scenario import plans
from cli.embedded import EmbeddedError
from cli.tools import operator, tools
from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.invitations import set_password
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.review.cases.queue_stats import queue

WAITING: Final = 40
DEADLINE_SECONDS: Final = 300
POLL_SECONDS: Final = 0.3
PEOPLE: Final[Mapping[Role, str]] = {
    Role.REVIEWER: "rae.reviewer",
    Role.SENIOR: "sol.senior",
    Role.LEAD: "lou.lead",
    Role.ADMIN: "ada.admin",
}


class Seat(NamedTuple):
    """Somebody to sign in as: their role, the address of the form with their name in it, and the password."""

    role: Role
    link: str
    password: str


def prepare(environment: Mapping[str, str], *, waiting: int = WAITING) -> list[Seat]:
    """Submit until so many cases wait, and set a new password for each person. Raises EmbeddedError where cases do not come."""
    os.environ["PROOFDESK_HOME"] = environment["PROOFDESK_HOME"]
    with tools() as tool:
        seats = list(_seats(tool, environment["PROOFDESK_WEB_URL"]))
        _fill(tool, environment["PROOFDESK_WEB_URL"], waiting)
    return seats


def _seats(tool: Container, web_url: str) -> Iterator[Seat]:
    for role, name in PEOPLE.items():
        add_reviewer(name, roles=[role], actor=operator(), db=tool.db)
        password = secrets.token_urlsafe(12)
        set_password(name, password, actor=operator(), context=tool.sign_in_context)
        yield Seat(role, f"{web_url}/console/sign-in?{urlencode({'name': name})}", password)


def _fill(tool: Container, web_url: str, wanted: int) -> None:
    """Submit what is missing, and wait until it waits for review."""
    missing = wanted - _waiting(tool)
    if missing <= 0:
        return
    run = secrets.token_hex(3)
    _, key = create_key(f"play-{run}", [Scope.SUBMIT_ALL], reviewer_id=None, actor=operator(), db=tool.db)
    with closing(Api(web_url, key)) as api:
        for number, plan in zip(range(missing), cycle(_reviewed()), strict=False):
            Upstream(api, tool.broker, run=f"{run}{number // len(_reviewed())}").submit(plan)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (waiting := _waiting(tool)) < wanted:
        if time.monotonic() > deadline:
            raise EmbeddedError(f"Only {waiting} of {wanted} cases wait for review after {DEADLINE_SECONDS} s.")
        time.sleep(POLL_SECONDS)


def _waiting(tool: Container) -> int:
    return sum(line.waiting for line in queue(context=tool.review).queues)


def _reviewed() -> list[Plan]:
    """The plans of the demo that come to a person and follow no other."""
    return [plan for plan in plans() if plan.path in {APPROVED, REJECTED} and plan.after is None]
