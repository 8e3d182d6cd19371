import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from cli.embedded import EmbeddedError
from cli.embedded.home import Home, read_json, write_private
from pipeline.kernel.encryption import fresh_key


@dataclass(frozen=True)
class Credentials:
    """The passwords and keys of one home. Every value may stand in a URL without escapes."""

    database_password: str = field(repr=False)
    application_password: str = field(repr=False)
    reader_password: str = field(repr=False)
    broker_password: str = field(repr=False)
    storage_access_key: str
    storage_secret_key: str = field(repr=False)
    encryption_key: str = field(repr=False)


def _password() -> str:
    return secrets.token_hex(20)


LATER: Final[Mapping[str, Callable[[], str]]] = {
    "application_password": _password,
    "reader_password": _password,
    "encryption_key": fresh_key,
}
"""What homes of earlier versions have not; it is added at their next start."""


def credentials(home: Home) -> Credentials:
    """The credentials of `home`, generated at the first call. Raises EmbeddedError when the file is damaged."""
    content = read_json(home.secrets) if home.secrets.exists() else _first()
    missing = {name: make() for name, make in LATER.items() if name not in content}
    names = [each.name for each in fields(Credentials)]
    if not all(isinstance((content | missing).get(name), str) for name in names):
        message = f"{home.secrets} is damaged. The data in {home.path} needs it: restore the file, or remove both."
        raise EmbeddedError(message)
    if missing:
        write_private(home.secrets, content | missing)
    return Credentials(**{name: (content | missing)[name] for name in names})


def receipt_key(home: Home) -> str:
    """The key of `home` that signs receipts of erasures, made at the first call: 32 bytes in base64."""
    if not home.receipt_key.exists():
        write_private(home.receipt_key, {"seed": base64.b64encode(secrets.token_bytes(32)).decode()})
    seed = read_json(home.receipt_key).get("seed")
    if not isinstance(seed, str):
        raise EmbeddedError(
            f"{home.receipt_key} is damaged. Restore it, or remove it: a new key signs the next receipts."
        )
    return seed


def _first() -> dict[str, str]:
    return {
        "database_password": secrets.token_hex(20),
        "broker_password": secrets.token_hex(20),
        "storage_access_key": f"PD{secrets.token_hex(9).upper()}",
        "storage_secret_key": secrets.token_hex(20),
    }
