"""A web process as it runs in earnest: uvicorn with its one pool of threads, in a thread of this process or in one of its own."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from config.container import Container
from config.policy import POLICY_FILE
from tests.support.faults import closed_port
from tests.support.servers import variant
from tests.support.together import until
from web.app import create_app


@contextmanager
def serving(tools: Container, *, port: int = 0) -> Iterator[str]:
    """Where the web process of `tools` answers. It leaves the clients of `tools` open."""
    config = uvicorn.Config(create_app(tools), host="127.0.0.1", port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, seconds=60)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=60)


@contextmanager
def serving_as_told(tools: Container) -> Iterator[Container]:
    """The same at the address that its settings name, so that the links that it makes lead to it. The member centre is of another
    origin and answers too."""
    port = closed_port()
    centre = f"http://localhost:{port}"
    told = variant(tools, web_url=f"http://127.0.0.1:{port}", web_port=port, member_centre_url=centre)
    with serving(told, port=port):
        yield told


@contextmanager
def serving_alone(tools: Container) -> Iterator[str]:
    """The same in a process of its own, which shares no interpreter with whoever measures it. It has the shipped policy."""
    port = closed_port()
    known = variant(tools, web_port=port, policy_file=POLICY_FILE).settings.model_dump(mode="json", exclude_none=True)
    told = {f"PROOFDESK_{name.upper()}": str(value) for name, value in known.items()}
    with subprocess.Popen([sys.executable, "-m", "web"], env={**os.environ, **told}) as web:
        try:
            until(lambda: _answers(port), seconds=60)
            yield f"http://127.0.0.1:{port}"
        finally:
            web.terminate()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
