"""What an SQLSTATE of PostgreSQL means for the request that got it. Pure.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Mapping
from typing import Final

READ_ONLY: Final = "25006"
_GOING_DOWN: Final = frozenset({"57P01", "57P02", "57P03", "57P05"})
_TOO_MANY_CONNECTIONS: Final = "53300"
_SHORT: Final = ("53", "58")
"""Classes: no room on the disk or in memory, and faults of the server's system."""
_CONNECTION: Final = "08"

_CHARACTER: Final = "unstorable_text", "A text has a zero byte or half of a character. Remove it."
_NUMBER: Final = "out_of_range", "A number or a date is too large or too small to be kept."
_LENGTH: Final = "text_too_long", "A text is too long to be kept. Shorten it."
_FORM: Final = "invalid_value", "A value is not in the form that is needed here."
_VALUES: Final[Mapping[str, tuple[str, str]]] = {
    "22021": _CHARACTER,  # character_not_in_repertoire
    "22P05": _CHARACTER,  # untranslatable_character
    "22001": _LENGTH,  # string_data_right_truncation
    "54000": _LENGTH,  # program_limit_exceeded: the row of an index, or a whole value
    "22003": _NUMBER,  # numeric_value_out_of_range
    "22008": _NUMBER,  # datetime_field_overflow
    "22007": _FORM,  # invalid_datetime_format
    "22P02": _FORM,  # invalid_text_representation
    "22P03": _FORM,  # invalid_binary_representation
}
_CANCELLED: Final[Mapping[str, str]] = {
    "57014": "it took longer than statement_timeout, or somebody cancelled it",  # query_canceled
    "55P03": "it waited for a lock longer than lock_timeout",  # lock_not_available
    "40P01": "it stood in a deadlock with another transaction",  # deadlock_detected
    "40001": "another transaction changed the same rows",  # serialization_failure
}
NO_STATE: Final = _CHARACTER
"""What it means where the client's own library refuses a value, before PostgreSQL is asked."""


def is_away(state: str | None) -> bool:
    """Whether the server takes no writes now, or this connection is lost: read-only after a fail-over, going down, or full."""
    return state is not None and (
        state in {READ_ONLY, _TOO_MANY_CONNECTIONS} or state in _GOING_DOWN or state.startswith(_CONNECTION)
    )


def wrong_value(state: str | None) -> tuple[str, str] | None:
    """The stable code and the sentence for a value that PostgreSQL cannot keep; None where the state says something else."""
    return _VALUES.get(state or "")


def is_short(state: str | None) -> bool:
    """Whether the server is there and cannot do its work now, for want of room or by a fault of its system."""
    return state is not None and state.startswith(_SHORT)


def why_cancelled(state: str | None) -> str | None:
    """Why PostgreSQL ended a statement of ours that it could have done; None where the state says something else."""
    return _CANCELLED.get(state or "")
