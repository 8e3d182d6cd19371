"""A use case in a world: what the process does, and what others do after it died."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipeline.tasks import ledger
from pipeline.tasks.rules import Kind
from tests.crash.jobs import request, work
from tests.support.desk import Desk
from tests.support.http import Api


def nothing() -> None:
    """Nobody else does anything: the ledger alone brings it to its end."""


@dataclass(frozen=True)
class Scene:
    """`job` is one of `JOBS`, `given` its arguments. `then` is done after a kill by whoever had no answer."""

    job: Callable[..., None]
    given: Mapping[str, Any]
    then: Callable[[], object] = nothing


Arrange = Callable[[Desk, Api], Scene]


def post(api: Api, path: str, body: object = None, *, once: str | None = None) -> Scene:
    """A POST, which the client repeats until it is answered: with its key, where it has one, it gets the first answer.

    Without a key it may be told that it is late: the case or the submission has moved, by the request that had no answer.
    """
    key = api.review_key if path.startswith("/v1/review") else api.submit_key
    headers = {"Authorization": f"Bearer {key}"} | ({"Idempotency-Key": once} if once else {})
    call = {"method": "POST", "url": path, "headers": headers, "json": body}

    def repeat() -> None:
        answer = api.client.request(**call)
        assert answer.is_success or (once is None and answer.status_code == 409), answer.text

    return Scene(request, call, repeat)


def task(kind: Kind, task_id: UUID) -> Scene:
    """A task that a worker takes up."""
    return Scene(work, {"kind": kind.name, "task_id": str(task_id)})


def recorded(desk: Desk, kind: Kind, ref_id: object) -> UUID:
    """The id of a task that is recorded here and now."""
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, kind, ref_id, trace="arranged")
    assert task_id is not None
    return task_id
