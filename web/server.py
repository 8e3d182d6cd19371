"""How uvicorn serves the application: with bounds on connections, and no trust in headers of strangers."""

import os
from math import ceil
from typing import Any, Final

from config.settings import Settings
from web.edge.connections import Connection, Limits, Room

KEEP_ALIVE_SECONDS: Final = 5
TRUSTED_PROXIES: Final = "FORWARDED_ALLOW_IPS"
"""uvicorn's own variable: addresses and networks of proxies, with commas. X-Forwarded-For counts from these only."""


def server_options(settings: Settings) -> dict[str, Any]:
    """The options of uvicorn. By itself it trusts every process of this machine as a proxy; here only those that are named."""
    return {
        "http": _protocol(settings),
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": min(KEEP_ALIVE_SECONDS, ceil(settings.head_seconds)),
        "timeout_graceful_shutdown": 15,
        "forwarded_allow_ips": os.environ.get(TRUSTED_PROXIES, ""),
    }


def _protocol(settings: Settings) -> type[Connection]:
    """The protocol of one server, whose connections share a room."""

    class Served(Connection):
        limits = Limits(settings.head_seconds, settings.answer_seconds)
        room = Room(settings.web_connections)

    return Served
