from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from config.container import Container
from pipeline.kernel.circuit_breaker import Circuit
from pipeline.kernel.errors import DatabaseUnavailable, ProofdeskError
from pipeline.tasks.stalled import stalled_work
from web.api.dependencies import Tools

router = APIRouter(tags=["operations"])

ADVICE: Final[Mapping[str, str]] = {
    "database": "Start PostgreSQL, or correct PROOFDESK_DATABASE_URL. Nothing is accepted until then.",
    "broker": "Start Valkey or Redis, or correct PROOFDESK_BROKER_URL. Until then workers poll the ledger.",
    "storage": "Start the S3 server, correct PROOFDESK_STORAGE_URL, or run: proofdesk migrate. Files wait; submissions are accepted.",
    "mail": "Start the mail server, or correct PROOFDESK_SMTP_URL. Mails wait.",
}


@router.get("/healthz", summary="The process is alive")
def healthz() -> dict[str, str]:
    """Always `ok` while the process answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="The process can reach what it needs")
def readyz(tools: Tools, response: Response) -> dict[str, Any]:
    """`503` when the database cannot be reached. Intake works without broker, object store and mail server: they are in `degraded`.

    `circuits` are those of this process. `waiting` counts the tasks of the whole installation that wait for a dependency.
    """
    checks = {
        "database": _state(tools.db.ping),
        "broker": _state(tools.broker.client.ping),
        "storage": _state(tools.storage.require_buckets),
        "mail": _state(tools.mailer.ping),
    }
    ready = checks["database"] == "ok"
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
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
    except DatabaseUnavailable:
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
