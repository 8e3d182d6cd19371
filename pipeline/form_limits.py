"""How long the fields of the identities' forms may be, in characters. Pure."""

from typing import Final

LENGTHS: Final = {"text": 200, "long_text": 2000, "url": 2000}
