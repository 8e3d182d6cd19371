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
    """The policy in `path` (default: the one shipped here), with its version: edition and the first hash digits of the file.

    Raises Misconfigured with the line of each field that is wrong, and what is wrong with it, in words.
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
    """Each error as `line 12: ladder.2.spend: …`. What a rule over several parts of the policy says begins with a path itself."""
    lines = lines_of(text)
    for error in errors:
        said = sentence_of(error)
        path = error["loc"]
        words = f"{'.'.join(map(str, path))}: {said}" if path else said
        line = line_of(path or _path_in(said), lines)
        yield f"line {line}: {words}" if line else words


def _path_in(said: str) -> tuple[str | int, ...]:
    found = _PATH.match(said)
    return tuple(int(part) if part.isdigit() else part for part in found[0].split(".")) if found else ()
