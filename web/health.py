import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from config.container import Container
from pipeline.access.api_keys import Caller, Scope
from pipeline.kernel.circuit_breaker import Circuit
from pipeline.kernel.errors import DatabaseUnavailable, ProofdeskError, StatementCancelled
from pipeline.tasks.stalled import stalled_work

router = APIRouter(tags=["operations"])

FRESH_SECONDS: Final = 1.0
"""How long an answer about the dependencies is repeated before they are asked again."""

ADVICE: Final[Mapping[str, str]] = {
    "database": "Start PostgreSQL, or correct PROOFDESK_DATABASE_URL. Nothing is accepted until then.",
    "broker": "Start Valkey or Redis, let it take writes, or correct PROOFDESK_BROKER_URL. Until then workers poll the ledger.",
    "storage": "Start the S3 server, correct PROOFDESK_STORAGE_URL, or run: proofdesk migrate. Files wait; submissions are accepted.",
    "mail": "Start the mail server, or correct PROOFDESK_SMTP_URL. Mails wait.",
}


Ask = Callable[[Container], dict[str, Any]]
"""Asks every dependency."""


class Readiness:
    """What this process can reach. However many ask at once, the dependencies are asked once, and then not for a while."""

    def __init__(self, tools: Container, *, ask: Ask | None = None, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._tools, self._asks, self._fresh_seconds = tools, ask or state_of, fresh_seconds
        self._seen: dict[str, Any] = {}
        self._fresh_until = 0.0
        self._look: asyncio.Task[None] | None = None

    async def seen(self) -> dict[str, Any]:
        """The state of the process in full: what operators may read."""
        if time.monotonic() >= self._fresh_until:
            await asyncio.shield(self._look_under_way())
        return self._seen

    def _look_under_way(self) -> asyncio.Task[None]:
        loop = asyncio.get_running_loop()
        if self._look is None or self._look.done() or self._look.get_loop() is not loop:
            self._look = loop.create_task(self._ask())
        return self._look

    async def _ask(self) -> None:
        self._seen = await run_in_threadpool(self._asks, self._tools)
        self._fresh_until = time.monotonic() + self._fresh_seconds


@router.get("/healthz", summary="The process is alive")
async def healthz() -> dict[str, str]:
    """Always `ok` while the process answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="The process can reach what it needs")
async def readyz(request: Request, response: Response) -> dict[str, Any]:
    """`503` when the database cannot be reached. Intake works without broker, object store and mail server.

    With a key of the scope `admin` the answer has details: `degraded` and `advice` for what is away, `circuits` of this process,
    and in `waiting` how many tasks of the whole installation wait for a dependency. It is at most a second old.
    """
    readiness: Readiness = request.app.state.readiness
    seen = await readiness.seen()
    if seen["status"] != "ready":
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    caller: Caller | None = getattr(request.state, "caller", None)
    return seen if caller is not None and caller.may(Scope.ADMIN) else {"status": seen["status"]}


def state_of(tools: Container) -> dict[str, Any]:
    """Ask every dependency."""
    checks = {
        "database": _state(tools.db.ping),
        "broker": _state(tools.broker.require_work_taken),
        "storage": _state(tools.storage.require_buckets),
        "mail": _state(tools.mailer.ping),
    }
    ready = checks["database"] == "ok"
    degraded = sorted(name for name, state in checks.items() if state != "ok")
    return {
        "status": "ready" if ready else "not_ready",
        "degraded": degraded,
        "checks": checks,
        "advice": {name: ADVICE[name] for name in degraded},
        "circuits": {each.dependency: _circuit(each) for each in (tools.storage.circuit, tools.mailer.circuit)},
        "waiting": _waiting(tools),
        "overloaded": ready and tools.backlog.is_full(),
    }


def _state(check: Callable[[], object]) -> str:
    try:
        check()
    except ProofdeskError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  (a health check reports whatever is wrong)
        return f"{type(error).__name__}: {error}"
    return "ok"


def _circuit(circuit: Circuit) -> str:
    return "closed" if circuit.is_closed else f"open, next try in {circuit.seconds_left:.0f} s"


def _waiting(tools: Container) -> list[dict[str, Any]] | None:
    """How many tasks wait for each dependency; None where the database cannot be reached."""
    try:
        found = stalled_work(tools.db)
    except (DatabaseUnavailable, StatementCancelled):
        return None
    return [
        {
            "for": each.dependency,
            "tasks": each.tasks,
            "circuit_open": each.circuit_open,
            "next_try_at": each.next_try_at,
        }
        for each in found
    ]
