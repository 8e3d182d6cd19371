"""Run as a module: nanio's S3 server with CORS, so that a browser may put a file there.

nanio refuses a browser's OPTIONS request, since it has no signature. Every origin is allowed here: the signature of each presigned
link decides what may be put.
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
    """The server over one folder; nanio reads its two keys from the environment."""
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
