"""`python -m workers [QUEUE …]`: a worker process for all queues, or for the named ones."""

import sys

from config.container import build_container
from config.logging import configure_logging
from config.settings import load_settings
from pipeline.kernel.errors import Misconfigured
from pipeline.tasks.rules import QUEUES
from workers.main import run
from workers.middleware import stack


def main(queues: list[str]) -> None:
    """Work until SIGTERM or SIGINT. Raises Misconfigured for a queue that does not exist."""
    if unknown := sorted(set(queues) - set(QUEUES)):
        raise Misconfigured(
            f"There is no queue {', '.join(unknown)}. Name some of {', '.join(QUEUES)}, or none for all."
        )
    settings = load_settings()
    configure_logging("worker", log_format=settings.log_format, level=settings.log_level)
    run(build_container(settings, middleware=stack), queues=queues)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Misconfigured as error:
        sys.exit(str(error))
