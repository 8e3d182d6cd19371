"""Passwords: hashed with argon2id, hashed anew when the parameters have grown, with equal work for names that nobody has."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.access.staff.rules.sign_in import prepared
from pipeline.kernel.errors import Overloaded

_AT_ONCE: Final = 2
_PATIENCE_SECONDS: Final = 10


class Passwords:
    """Hashes and checks. Each hash takes 64 MiB (RFC 9106, the second recommended option), so few are made at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("nobody's")

    def hashed(self, password: str) -> str:
        """What may be stored of a password, with its salt and parameters. Raises Overloaded."""
        with self._seat():
            return self._hasher.hash(prepared(password))

    def fits(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password that was hashed; without a hash the same work is done for nothing. Raises Overloaded."""
        with self._seat():
            try:
                fits = self._hasher.verify(hashed or self._nobodys, prepared(password))
            except (VerificationError, InvalidHashError):
                return False
        return fits and hashed is not None

    def is_dated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(hashed)

    @contextmanager
    def _seat(self) -> Iterator[None]:
        if not self._room.acquire(timeout=_PATIENCE_SECONDS):
            raise Overloaded("Many people sign in at this moment. Try again in a few seconds.", retry_after_seconds=5)
        try:
            yield
        finally:
            self._room.release()
