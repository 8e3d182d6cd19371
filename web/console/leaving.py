"""What a page says when it goes: which claims it held, and until when it believed each to run. Pure."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pipeline.kernel.errors import Invalid, Problem
from pipeline.review.claims.lease import LeftClaim


def left_of(pairs: Iterable[tuple[str, object]]) -> tuple[LeftClaim, ...]:
    """Each `held` is a claim's id, its token and its lease, with blanks between. Raises Invalid."""
    return tuple(_left(str(value)) for name, value in pairs if name == "held")


def _left(written: str) -> LeftClaim:
    parts = written.split(" ")
    try:
        claim_id, token, until = parts
        return LeftClaim(UUID(claim_id), UUID(token), datetime.fromisoformat(until))
    except ValueError as error:
        message = "Name each claim with its id, its token and the end of its lease."
        raise Invalid([Problem("held", "invalid_value", message)]) from error
