"""Draws what members send: photographs, papers, and some files that nobody should accept.

`python -m tests.drawings` draws those of the demo anew into cli/demo/files; tests, benches and screenshots draw more.
"""

from collections.abc import Callable
from typing import Final

from cli.demo.demo_file import DemoFile
from tests.drawings.avatars import AVATARS, avatar_photo
from tests.drawings.back_office import store_back_office
from tests.drawings.bad_files import BAD, bad_file
from tests.drawings.bank_statement import bank_statement
from tests.drawings.licence import business_licence
from tests.drawings.social_home import social_media_home
from tests.drawings.store_flow import store_flow
from tests.drawings.store_photo import store_photo

__all__ = ["AVATARS", "BAD", "KINDS", "DemoFile", "avatar_photo", "bad_file", "material"]

_DRAWN: Final[dict[str, Callable[[str, int], DemoFile]]] = {
    "store_back_office": store_back_office,
    "store_flow": store_flow,
    "store_photo": store_photo,
    "business_licence": business_licence,
    "bank_statement": bank_statement,
    "social_media_home": social_media_home,
}
KINDS: Final = tuple(_DRAWN)


def material(kind: str, *, identity: str, seed: int) -> DemoFile:
    """One of `KINDS` for a member of that identity: the same arguments give the same bytes.

    All kinds of one identity and seed belong to the same invented business.
    """
    return _DRAWN[kind](identity, seed)
