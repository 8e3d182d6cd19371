"""Erasures as an administrator asks for them, and time that passes meanwhile."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from pipeline.access.api_keys import Scope, create_key
from pipeline.kernel import clock
from pipeline.tasks import ledger
from pipeline.tasks.rules import RETAIN
from pipeline.workflows.retain import retain
from tests.support.desk import Desk
from tests.support.http import Api


class Eraser:
    """Calls with a key of the privacy office."""

    def __init__(self, desk: Desk, api: Api) -> None:
        self.desk, self.api = desk, api
        self.key = create_key("privacy office", [Scope.ADMIN], reviewer_id=None, db=desk.tools.db)[1]

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.api.call(method, path, key=self.key, **more)

    def erase(self, member_id: str = "m-1") -> dict[str, Any]:
        answer = self.call("DELETE", f"/v1/members/{member_id}")
        assert answer.status_code == 202, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    def progress(self, member_id: str = "m-1") -> dict[str, Any]:
        answer = self.call("GET", f"/v1/members/{member_id}/erasure")
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    def hold(self, member_id: str = "m-1", *, until: str = "2999-01-01T00:00:00Z") -> None:
        body = {"reason": "A court asks for it", "until": until}
        assert self.call("PUT", f"/v1/members/{member_id}/hold", json=body).status_code == 200

    def release(self, member_id: str = "m-1") -> None:
        assert self.call("DELETE", f"/v1/members/{member_id}/hold").status_code == 204

    def to_the_end(self) -> None:
        """Workers go on, and the leases and links of before run out."""
        self.desk.run_due()
        self.let_links_end()
        self.desk.run_due()

    def let_links_end(self) -> None:
        self.desk.sql("UPDATE erasure SET quiet_at = now()")
        self.desk.sql("UPDATE task SET due_at = now() WHERE kind = 'member.erase' AND state = 'ready'")


def retain_in(desk: Desk, days: float) -> None:
    """The sweep of what is kept long enough, as it will be in so many days."""
    tools = desk.tools
    with tools.db.begin() as connection:
        task_id = ledger.record(connection, RETAIN, uuid4(), trace="t")
    held = tools.ledger.claim(RETAIN, str(task_id))
    assert held is not None
    retain(held, now=clock.now() + timedelta(days=days), db=tools.db, storage=tools.storage, policy=tools.policy)
