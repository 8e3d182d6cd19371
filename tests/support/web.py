"""A web process as it runs in earnest: uvicorn with its one pool of threads, in a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from config.container import Container
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
