"""The files that the demo's members send: photographs, papers, and some that nobody should accept."""

from collections.abc import Callable
from typing import Final

from cli.demo.material.avatars import AVATARS, avatar_photo
from cli.demo.material.back_office import store_back_office
from cli.demo.material.bad_files import BAD, bad_file
from cli.demo.material.bank_statement import bank_statement
from cli.demo.material.demo_file import DemoFile
from cli.demo.material.licence import business_licence
from cli.demo.material.social_home import social_media_home
from cli.demo.material.store_flow import store_flow
from cli.demo.material.store_photo import store_photo

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
