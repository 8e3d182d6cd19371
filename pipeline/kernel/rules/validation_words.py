"""What a caller reads for each kind of error that the validator finds: our own sentences, never the validator's. Pure."""

from collections.abc import Mapping
from typing import Final

from pydantic_core import ErrorDetails

_REQUIRED: Final = "This field is required."
_TOO_DEEP: Final = "This is nested too deeply."
_BY_KIND: Final[Mapping[str, str]] = {
    "invalid_email": "{why}",
    "json_invalid": "This is not valid JSON. Send one JSON value, in UTF-8.",
    "missing": _REQUIRED,
    "union_tag_not_found": _REQUIRED,
    "extra_forbidden": "There is no such field. Remove it, or check its spelling.",
    "literal_error": "Use one of {expected}.",
    "enum": "Use one of {expected}.",
    "union_tag_invalid": "Use one of {expected_tags}.",
    "none_required": "Leave this out, or send null.",
    "string_too_short": "Write {min_length} or more characters.",
    "string_too_long": "Write at most {max_length} characters.",
    "string_pattern_mismatch": "This is not in the form that is needed here, as a regular expression: {pattern}",
    "string_unicode": "Write the text in UTF-8.",
    "too_short": "Give {min_length} or more entries.",
    "too_long": "Give at most {max_length} entries.",
    "greater_than": "Give a value above {gt}.",
    "greater_than_equal": "Give {ge} or more.",
    "less_than": "Give a value below {lt}.",
    "less_than_equal": "Give {le} or less.",
    "multiple_of": "Give a multiple of {multiple_of}.",
    "finite_number": "Give a finite number.",
    "int_from_float": "Give a whole number, without a fraction.",
    "int_parsing_size": "Give a smaller number.",
    "decimal_max_digits": "Write at most {max_digits} digits.",
    "decimal_max_places": "Write at most {decimal_places} digits after the decimal point.",
    "decimal_whole_digits": "Write at most {whole_digits} digits before the decimal point.",
    "date_from_datetime_inexact": "Give a date without a time of day.",
    "timezone_aware": "Give the time with its offset from UTC, for example 2026-03-01T09:30:00Z.",
    "timezone_naive": "Give the time without an offset from UTC.",
    "url_scheme": "Begin the address with {expected_schemes}.",
    "url_too_long": "Write at most {max_length} characters.",
    "recursion_loop": _TOO_DEEP,
    "recursion_depth_exceeded": _TOO_DEEP,
}
_NUMBER: Final = "Give a number."
_LIST: Final = "Give a list."
_OBJECT: Final = "Give an object with named fields."
_BY_GROUP: Final[Mapping[str, str]] = {
    "string": "Give a text.",
    "bool": "Give true or false.",
    "int": "Give a whole number.",
    "float": _NUMBER,
    "decimal": _NUMBER,
    "date": "Give a date, for example 2026-03-01.",
    "datetime": "Give a date and a time, for example 2026-03-01T09:30:00Z.",
    "time": "Give a time of day, for example 09:30.",
    "uuid": "Give an id, a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057.",
    "url": "Give a web address, for example https://example.com.",
    "list": _LIST,
    "tuple": _LIST,
    "set": _LIST,
    "dict": _OBJECT,
    "mapping": _OBJECT,
    "model": _OBJECT,
}
"""By the first word of the kind, for kinds such as `int_type` and `int_parsing`."""

_ADDRESS: Final = "Give an e-mail address, for example ada@example.com."
_ANY: Final = "This value does not fit here. The description of the API says what does."


def sentence_of(error: ErrorDetails) -> str:
    """What to do about one error of the validator. What a validator of ours raised is a sentence already."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]) if "error" in context else _ADDRESS
    known = _BY_KIND.get(kind)
    return known.format_map(context) if known else _BY_GROUP.get(kind.partition("_")[0], _ANY)
