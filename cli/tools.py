from collections.abc import Iterator
from contextlib import contextmanager

from config.container import Container, build_container
from config.logging import configure_logging
from config.settings import load_settings


@contextmanager
def tools() -> Iterator[Container]:
    """The container of a command, by the environment or this folder's embedded profile; closed at the end.

    Commands print results on standard output; warnings are logged on standard error.
    """
    settings = load_settings()
    configure_logging("cli", log_format=settings.log_format, level="WARNING")
    container = build_container(settings, patient=False)
    try:
        yield container
    finally:
        container.close()
