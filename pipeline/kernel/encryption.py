"""Secrets at rest: each value is encrypted by a key of its own, which a master key wraps (docs/adr/0016)."""

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.kernel.errors import PermanentError

KEY_BYTES: Final = 32
SEALED: Final[dict[Any, Any]] = {"sealed": True}
"""`Column(…, info=SEALED)` registers a column of sealed text, or of JSON with sealed texts in it, for `proofdesk secrets rotate`.

In a large table, `info={**SEALED, "where": "…"}` says by a condition that an index serves which rows have sealed values.
"""

_MARK: Final = "sealed:1"
_NONCE_BYTES: Final = 12
_PARTS: Final = 5


class NotOpened(PermanentError):
    """A sealed value does not open: it was changed, it belongs to another place, or its key is not among ours."""

    code = "secret_not_opened"


class KeyWrapper(Protocol):
    """Wraps the keys of values by master keys. The first master key wraps, all of them unwrap."""

    @property
    def current(self) -> str:
        """The name of the master key that wraps: letters, digits and hyphens."""

    def has(self, name: str) -> bool:
        """Whether the master key of that name is one of these."""

    def wrap(self, key: bytes) -> bytes:
        """Wrap a key of `KEY_BYTES`. Raises KeyServiceUnavailable where a service wraps."""

    def unwrap(self, wrapped: bytes, *, name: str) -> bytes:
        """The key that the master key `name` wrapped. Raises NotOpened, KeyServiceUnavailable."""


class LocalKeys:
    """Master keys of this process, from its settings: the first wraps, all unwrap."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {f"local-{hashlib.sha256(key).hexdigest()[:12]}": AESGCM(key) for key in keys}
        self.current = next(iter(self._keys))

    def has(self, name: str) -> bool:
        """Whether the key of that name is set."""
        return name in self._keys

    def wrap(self, key: bytes) -> bytes:
        """Wrap by the first key."""
        return _encrypt(self._keys[self.current], key, place=self.current)

    def unwrap(self, wrapped: bytes, *, name: str) -> bytes:
        """Unwrap by the key of that name. Raises NotOpened."""
        return _decrypt(self._keys[name], wrapped, place=name)


class Sealer:
    """Seals texts for the database. What is sealed for one place (`webhook_endpoint:<id>`) opens for that place only.

    The first wrapper seals; the others open what was sealed before.
    """

    def __init__(self, wrapper: KeyWrapper, *older: KeyWrapper) -> None:
        self._wrapper, self._all = wrapper, (wrapper, *older)

    def seal(self, text: str, *, place: str) -> str:
        """The text, sealed for a place: the name of its table and the id of its row. Raises KeyServiceUnavailable."""
        key = AESGCM.generate_key(KEY_BYTES * 8)
        return self._joined(key, _encrypt(AESGCM(key), text.encode(), place=place))

    def open(self, sealed: str, *, place: str) -> str:
        """The text that was sealed for this place. Raises NotOpened, KeyServiceUnavailable."""
        name, wrapped, body = _parts(sealed)
        return _decrypt(AESGCM(self._unwrapped(wrapped, name)), body, place=place).decode()

    def rewrap(self, sealed: str) -> str:
        """The same value with its key wrapped by the first master key. Raises NotOpened, KeyServiceUnavailable."""
        if self.is_current(sealed):
            return sealed
        name, wrapped, body = _parts(sealed)
        return self._joined(self._unwrapped(wrapped, name), body)

    def is_current(self, sealed: str) -> bool:
        """Whether the first master key wraps this value's key. Raises NotOpened for what is not sealed."""
        return _parts(sealed)[0] == self._wrapper.current

    def _joined(self, key: bytes, body: bytes) -> str:
        return ":".join([_MARK, self._wrapper.current, _written(self._wrapper.wrap(key)), _written(body)])

    def _unwrapped(self, wrapped: bytes, name: str) -> bytes:
        wrapper = next((each for each in self._all if each.has(name)), None)
        if wrapper is None:
            raise NotOpened(f"A secret was sealed by the key {name}, which is not set. Add it after the first one.")
        return wrapper.unwrap(wrapped, name=name)


def is_sealed(value: object) -> bool:
    """Whether this looks like what `seal` gives."""
    return isinstance(value, str) and value.startswith(f"{_MARK}:")


def fresh_key() -> str:
    """A new master key, as the settings take it."""
    return _written(AESGCM.generate_key(KEY_BYTES * 8))


def master_keys(written: str) -> list[bytes]:
    """The keys of a list with commas, which has no problem."""
    return [urlsafe_b64decode(each) for each in _listed(written)]


def master_keys_problem(written: str) -> str | None:
    """Why this is no list of master keys, without telling any; None where it is one."""
    wrong = [position for position, each in enumerate(_listed(written), 1) if not _is_key(each)]
    if not wrong:
        return None
    return f"key {wrong[0]} is not {KEY_BYTES} bytes in URL-safe base64. Make one with: proofdesk secrets key"


def all_sealed(value: Any) -> list[str]:
    """The sealed texts in a column's value: itself, or those anywhere in its JSON."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in all_sealed(each)]
    if isinstance(value, list):
        return [found for each in value for found in all_sealed(each)]
    return [value] if is_sealed(value) else []


def _listed(written: str) -> list[str]:
    return [each.strip() for each in written.split(",")]


def _is_key(written: str) -> bool:
    try:
        return len(urlsafe_b64decode(written)) == KEY_BYTES
    except ValueError:
        return False


def _encrypt(key: AESGCM, what: bytes, *, place: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, what, place.encode())


def _decrypt(key: AESGCM, sealed: bytes, *, place: str) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise NotOpened("A secret does not open: it was changed, or it was sealed for another place.") from error


def _parts(sealed: str) -> tuple[str, bytes, bytes]:
    """The master key's name, the wrapped key, and the body."""
    parts = sealed.split(":")
    if not is_sealed(sealed) or len(parts) != _PARTS:
        raise NotOpened("A secret is not sealed. Run: proofdesk migrate")
    try:
        return parts[2], urlsafe_b64decode(parts[3]), urlsafe_b64decode(parts[4])
    except ValueError as error:
        raise NotOpened("A secret does not open: it was changed.") from error


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()
