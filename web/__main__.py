import sys

import uvicorn

from config import freeze_startup_objects
from config.container import build_container
from config.logging import configure_logging
from config.settings import load_settings
from pipeline.kernel.errors import Misconfigured
from web.app import create_app
from web.server import server_options


def main() -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests under way."""
    settings = load_settings()
    configure_logging("web", log_format=settings.log_format, level=settings.log_level)
    tools = build_container(settings, patient=False)
    app = create_app(tools)
    tools.put_policy_in_force("web")
    freeze_startup_objects()
    uvicorn.run(app, host=settings.web_host, port=settings.web_port, **server_options(settings))


if __name__ == "__main__":
    try:
        main()
    except Misconfigured as error:
        sys.exit(str(error))
