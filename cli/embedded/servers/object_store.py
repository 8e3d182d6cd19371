"""Run as a module: nanio's S3 server, with the answers that a browser asks for before it puts a file there.

nanio knows nothing of CORS: it refuses a browser's OPTIONS for want of a signature. What a page may put is still decided by the
signature of each link alone, so any origin may ask.
"""

import argparse
from pathlib import Path
from typing import Any, Final

import uvicorn
from nanio.app import build_app
from nanio.auth.credentials import EnvCredentialResolver
from nanio.config import Settings
from starlette.middleware.cors import CORSMiddleware

SECONDS_REMEMBERED: Final = 600


def store(folder: Path) -> CORSMiddleware:
    """The server over one folder; its two keys are in the environment, as nanio names them."""
    app: Any = build_app(Settings(data_dir=folder, credentials=EnvCredentialResolver()))
    return CORSMiddleware(
        app,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "PUT"],
        allow_headers=["*"],
        expose_headers=["ETag"],
        max_age=SECONDS_REMEMBERED,
    )


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(store(given.folder.resolve()), host=given.host, port=given.port, access_log=False)


if __name__ == "__main__":
    main()
