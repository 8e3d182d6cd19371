"""A web process as it runs in earnest: uvicorn with its one pool of threads, in a thread of this process or in one of its own."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil
import uvicorn
from fastapi import FastAPI

from config.container import Container
from config.policy import POLICY_FILE
from tests.support.servers import variant
from tests.support.together import until
from web.app import create_app
from web.server import server_options


def app_of(tools: Container) -> FastAPI:
    """The web process over `tools`, which is built once: its many routes take a quarter of a second."""
    if "app" not in tools.__dict__:
        tools.__dict__["app"] = create_app(tools)
    app: FastAPI = tools.__dict__["app"]
    return app


@contextmanager
def serving(tools: Container) -> Iterator[str]:
    """Where the web process of `tools` answers. It leaves the clients of `tools` open."""
    with _door() as door, _served(tools, door):
        yield f"http://127.0.0.1:{_port(door)}"


@contextmanager
def serving_as_told(tools: Container) -> Iterator[Container]:
    """The same at the address that its settings name, so that the links that it makes lead to it. The member centre is of another
    origin and answers too."""
    with _door() as door:
        port = _port(door)
        centre = f"http://localhost:{port}"
        told = variant(tools, web_url=f"http://127.0.0.1:{port}", web_port=port, member_centre_url=centre)
        with _served(told, door):
            yield told


def _door() -> socket.socket:
    """A port that is ours from now on."""
    return socket.create_server(("127.0.0.1", 0))


def _port(door: socket.socket) -> int:
    port: int = door.getsockname()[1]
    return port


@contextmanager
def _served(tools: Container, door: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app_of(tools), lifespan="off", **server_options(tools.settings)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=60)


@contextmanager
def serving_alone(tools: Container) -> Iterator[str]:
    """The same in a process of its own, which shares no interpreter with whoever measures it. It has the shipped policy."""
    with own_process(tools) as alone:
        yield alone.url


@dataclass(frozen=True)
class Alone:
    """A web process of its own: where it answers, and which process it is."""

    url: str
    port: int
    process: psutil.Process


@contextmanager
def own_process(tools: Container, *, forwarded_allow_ips: str | None = None, **settings: Any) -> Iterator[Alone]:
    """`python -m web` with these settings and the shipped policy."""
    with _door() as door:
        port = _port(door)
    known = variant(tools, **{"web_port": port, "policy_file": POLICY_FILE, **settings}).settings
    told = {f"PROOFDESK_{name.upper()}": _told(value) for name, value in known.model_dump(exclude_none=True).items()}
    if forwarded_allow_ips is not None:
        told["FORWARDED_ALLOW_IPS"] = forwarded_allow_ips
    with subprocess.Popen([sys.executable, "-m", "web"], env={**os.environ, **told}) as web:
        try:
            until(lambda: _answers(port))
            yield Alone(f"http://127.0.0.1:{port}", port, psutil.Process(web.pid))
        finally:
            web.terminate()


def _told(value: Any) -> str:
    """A setting as an environment says it."""
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
