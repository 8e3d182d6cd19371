import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cli.embedded.home import Home

KEY_BYTES = 32


def audit_key(home: Home) -> Path:
    """The file with the key that signs the audit of this home, for its owner only; generated at the first call.

    It lies outside the database, beside it: whoever owns the home owns both. In production they belong to different people.
    """
    path = home.path / "audit.key"
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return path
