"""A web process as it runs in earnest: uvicorn with its one pool of threads, in a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from config.container import Container
from tests.support.together import until
from web.app import create_app


@contextmanager
def serving(tools: Container) -> Iterator[str]:
    """Where the web process of `tools` answers. It leaves the clients of `tools` open."""
    config = uvicorn.Config(create_app(tools), host="127.0.0.1", port=0, log_config=None, lifespan="off")
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
