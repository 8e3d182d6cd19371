import hashlib
import tomllib
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import Misconfigured
from pipeline.policy import Policy

POLICY_FILE = Path(__file__).with_name("policy.toml")


def load_policy(path: Path | None = None) -> Policy:
    """The policy in `path` (default: the one shipped here), with its version: edition and the first hash digits of the file.

    Raises Misconfigured with each field that is wrong, in words.
    """
    source = path or POLICY_FILE
    try:
        raw = source.read_bytes()
        data = tomllib.loads(raw.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"The policy {source} cannot be read: {error}") from error
    version = f"{data.get('edition', 'unnamed')}-{hashlib.sha256(raw).hexdigest()[:8]}"
    try:
        return Policy.model_validate({**data, "version": version})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise Misconfigured(f"The policy {source} is not valid: {wrong}") from error
