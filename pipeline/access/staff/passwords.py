"""Passwords: hashed with argon2id, hashed anew when the parameters have grown, with equal work for names that nobody has."""

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.access.staff.rules.sign_in import prepared
from pipeline.access.staff.seats import Seats

_ANYBODY: Final = ""


class Passwords:
    """Hashes and checks. Each hash takes 64 MiB (RFC 9106, the second recommended option), so few are made at once.

    Who is known has a seat of their own, which strangers cannot take.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
        self.strangers, self._known = Seats(2, queue=8, for_each=4), Seats(1, queue=4, for_each=2)
        self._nobodys = self._hasher.hash("nobody's")

    def hashed(self, password: str) -> str:
        """What may be stored of a password, with its salt and parameters. Raises Overloaded."""
        with self._known.taken(_ANYBODY):
            return self._hasher.hash(prepared(password))

    def fits(self, password: str, hashed: str | None, *, caller: str = _ANYBODY, is_known: bool = True) -> bool:
        """Whether it is the password that was hashed; without a hash the same work is done for nothing. Raises Overloaded."""
        with (self._known if is_known else self.strangers).taken(caller):
            try:
                fits = self._hasher.verify(hashed or self._nobodys, prepared(password))
            except (VerificationError, InvalidHashError):
                return False
        return fits and hashed is not None

    def is_dated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(hashed)
