import base64
import secrets
from dataclasses import asdict, dataclass, field, fields

from cli.embedded import EmbeddedError
from cli.embedded.home import Home, read_json, write_private
from pipeline.kernel.encryption import fresh_key


@dataclass(frozen=True)
class Credentials:
    """The passwords and keys of one home. Every value may stand in a URL without escapes."""

    database_password: str = field(repr=False)
    broker_password: str = field(repr=False)
    storage_access_key: str
    storage_secret_key: str = field(repr=False)
    encryption_key: str = field(repr=False)


def credentials(home: Home) -> Credentials:
    """The credentials of `home`, generated at the first call. Raises EmbeddedError when the file is damaged."""
    if not home.secrets.exists():
        generated = Credentials(
            database_password=secrets.token_hex(20),
            broker_password=secrets.token_hex(20),
            storage_access_key=f"PD{secrets.token_hex(9).upper()}",
            storage_secret_key=secrets.token_hex(20),
            encryption_key=fresh_key(),
        )
        write_private(home.secrets, asdict(generated))
    content = read_json(home.secrets)
    if content and "encryption_key" not in content:  # a home of a version that sealed nothing
        content |= {"encryption_key": fresh_key()}
        write_private(home.secrets, content)
    names = [each.name for each in fields(Credentials)]
    if not all(isinstance(content.get(name), str) for name in names):
        message = f"{home.secrets} is damaged. The data in {home.path} needs it: restore the file, or remove both."
        raise EmbeddedError(message)
    return Credentials(**{name: content[name] for name in names})


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
