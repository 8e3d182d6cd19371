"""Counts who calls without a key or session, by network address and door."""

import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from config.container import Container
from pipeline.kernel.rate_limits import refused
from pipeline.kernel.rules.networks import network_of
from web.edge.routes import NEVER_COUNTED, door_of


def address_of(scope: Scope) -> str:
    """The client's IP address. Behind a proxy of FORWARDED_ALLOW_IPS uvicorn has taken it from the proxy's header."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def stranger(scope: Scope) -> str:
    """Whom a request without a credential is from: a hash of the network address."""
    return "address:" + hashlib.sha256(network_of(address_of(scope)).encode()).hexdigest()


async def count(scope: Scope, tools: Container, *, whose: str | None = None) -> str:
    """Count a request of a stranger at its door, and return who that is. Raises RateLimited."""
    owner = whose or stranger(scope)
    if scope["path"] not in NEVER_COUNTED:
        allowance, too_many = await run_in_threadpool(tools.stranger_rates.counted, f"{door_of(scope['path'])}:{owner}")
        scope["state"]["allowance"] = allowance
        if allowance is not None and too_many:
            raise refused(allowance)
    return owner
