import hashlib
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.policy_lines import line_of, lines_of
from pipeline.kernel.errors import Misconfigured
from pipeline.kernel.rules.validation_words import sentence_of
from pipeline.policy import Policy

POLICY_FILE: Final = Path(__file__).with_name("policy.toml")

_PATH: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


def load_policy(path: Path | None = None) -> Policy:
    """The policy in `path` (default: policy.toml of this folder), with its version: edition and the first hash digits of the file.

    Raises Misconfigured with the line of each wrong field and what is wrong with it.
    """
    source = path or POLICY_FILE
    try:
        raw = source.read_bytes()
        text = raw.decode().replace("\r\n", "\n")
        data = tomllib.loads(text, parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"The policy {source} cannot be read: {error}") from error
    version = f"{data.get('edition', 'unnamed')}-{hashlib.sha256(raw).hexdigest()[:8]}"
    try:
        return Policy.model_validate({**data, "version": version})
    except ValidationError as error:
        wrong = "; ".join(_with_lines(error.errors(), text))
        raise Misconfigured(f"The policy {source} is not valid: {wrong}") from error


def _with_lines(errors: list[ErrorDetails], text: str) -> Iterator[str]:
    """Each error as `line 12: ladder.2.spend: …`. A rule over several parts of the policy puts the path into its message."""
    lines = lines_of(text)
    for error in errors:
        message = sentence_of(error)
        path = error["loc"]
        sentence = f"{'.'.join(map(str, path))}: {message}" if path else message
        line = line_of(path or _path_in(message), lines)
        yield f"line {line}: {sentence}" if line else sentence


def _path_in(message: str) -> tuple[str | int, ...]:
    found = _PATH.match(message)
    return tuple(int(part) if part.isdigit() else part for part in found[0].split(".")) if found else ()
