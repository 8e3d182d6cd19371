"""The files in cli/demo/files: which drawing each of them is, lighter where the drawing is larger than the demo needs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import PurePath
from typing import Any, Final

from PIL import Image, ImageFilter

from cli.demo.demo_file import DemoFile
from cli.demo.scenario import plans
from tests.drawings import AVATARS, avatar_photo, bad_file, material
from tests.drawings.bad_files import TOO_LARGE, locked

_LONGEST_SIDE: Final = 2400

# Papers of one identity with the same remainder (by 3, by 2 for `other`) name the same business: one member's papers must.
_SEEDS: Final[Mapping[str, int]] = {
    "online_retailer": 0,
    "offline_retailer": 2,
    "wholesaler": 1,
    "service_provider": 1,
    "manufacturer": 0,
    "influencer": 2,
    "organization": 2,
    "other": 0,
    "wholesaler, other name": 0,
    "influencer, blurred": 1,
    "influencer, sharper": 1,
    "wholesaler, next stage": 4,
    "other, next stage": 16,
    "online_retailer, bomb": 9,
    "organization, locked": 0,
    "organization, opened": 0,
}


def _lighter(file: DemoFile, *, quality: int, side: int = _LONGEST_SIDE, blur: float = 0) -> DemoFile:
    """The same picture as a JPEG of less quality, with sides of at most `side` pixels; its EXIF stays."""
    image = Image.open(BytesIO(file.body))
    exif, written = image.getexif(), BytesIO()
    pixels = image.convert("RGB")
    pixels.thumbnail((side, side))
    pixels.filter(ImageFilter.GaussianBlur(blur)).save(written, "JPEG", quality=quality, exif=exif)
    return replace(
        file,
        filename=str(PurePath(file.filename).with_suffix(".jpg")),
        media_type="image/jpeg",
        body=written.getvalue(),
    )


def _paper(kind: str, identity: str, label: str) -> DemoFile:
    return material(kind, identity=identity, seed=_SEEDS[label])


_PAPERS: Final[Mapping[str, Callable[[], DemoFile]]] = {
    upload.file: partial(_paper, upload.kind, plan.identity, plan.label)
    for plan in plans()
    if plan.identity
    for upload in plan.uploads
}
_BAD: Final[Mapping[str, Callable[[], DemoFile]]] = {
    **{f"avatar-{name}": partial(bad_file, name) for name in ("cut_jpeg", "png_named_jpg", "zero_bytes")},
    "store_back_office-online_retailer-bomb": partial(bad_file, "decompression_bomb"),
    "bank_statement-organization-locked": lambda: locked(_PAPERS["bank_statement-organization-locked"]()),
}
_LIGHTER: Final[Mapping[str, Callable[[], DemoFile]]] = {
    "avatar-large": lambda: _lighter(avatar_photo("large"), quality=70),
    **{
        name: partial(lambda draw: _lighter(draw(), quality=75, side=1600), _PAPERS[name])
        for name in (
            "store_photo-offline_retailer",
            "business_licence-offline_retailer",
            "social_media_home-influencer",
            "social_media_home-influencer-sharper",
        )
    },
    "social_media_home-influencer-blurred": lambda: _lighter(
        _PAPERS["social_media_home-influencer-blurred"](), quality=75, blur=3
    ),
}
DRAWN: Final[Mapping[str, Callable[[], DemoFile]]] = {
    **{f"avatar-{name}": partial(avatar_photo, name) for name in AVATARS},
    **_PAPERS,
    **_BAD,
    **_LIGHTER,
}
"""How to draw each file, by its name in facts.json."""

PADDED: Final[Mapping[str, Any]] = {
    "avatar-one_byte_too_large": {
        "file": "avatar-portrait.jpg",
        "padded_to": TOO_LARGE,
        "sent_as": "DSC_0097.jpg",
        "media_type": "image/jpeg",
        "facts": {},
    },
}
"""What is another file with zero bytes after it: they need no place in the repository."""


def said_of(name: str, file: DemoFile) -> Mapping[str, Any]:
    """What facts.json says of a file that was drawn."""
    return {
        "file": f"{name}{PurePath(file.filename).suffix}",
        "sent_as": file.filename,
        "media_type": file.media_type,
        "facts": dict(file.facts),
    }
