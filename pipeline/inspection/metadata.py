from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from PIL import Image

from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.sniff import Segment

LONGEST_TEXT: Final = 100
"""Characters of an EXIF text that are kept."""

_APP1: Final = 0xE1
_APP2: Final = 0xE2
_EXIF: Final = b"Exif\0\0"
_PROFILE: Final = b"ICC_PROFILE\0"
_PROFILE_HEAD: Final = len(_PROFILE) + 2
_ORIENTATION: Final = 0x0112
_ORIENTATIONS: Final = range(1, 9)
_DETAILS: Final = 0x8769
_PLACE: Final = 0x8825
_TAKEN: Final = 0x9003
_TEXTS: Final = {"Make": 0x010F, "Model": 0x0110, "Software": 0x0131}


@dataclass(frozen=True, slots=True)
class Metadata:
    """Orientation as EXIF counts it (1 to 8), the embedded colour profile, and facts from EXIF.

    The facts are Make, Model, Software and DateTimeOriginal as text of at most 100 characters, Orientation as a number,
    and GPS, which says only whether a place is recorded, never which. Each is there only if the file has it.
    """

    orientation: int = 1
    profile: bytes | None = None
    exif: Mapping[str, str | int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def upright(self) -> "Metadata":
        """The same of a picture that its decoder has already turned."""
        return replace(self, orientation=1)


def read_metadata(exif: bytes | None, profile: bytes | None) -> Metadata:
    """Read an EXIF block. It is optional: a block that cannot be read is only a warning."""
    if not exif:
        return Metadata(profile=profile)
    try:
        tags = Image.Exif()
        tags.load(exif)
        facts = _facts(tags)
    except Exception:  # noqa: BLE001  # a damaged EXIF block fails in many ways, none of which touches the pixels
        return Metadata(profile=profile, findings=(finding("unreadable_metadata"),))
    return Metadata(int(facts.get("Orientation", 1)), profile, facts)


def jpeg_metadata(data: bytes, segments: tuple[Segment, ...]) -> Metadata:
    """Read the EXIF block and the colour profile from this JPEG's segments."""
    blocks = [(each.marker, data[each.start + 4 : each.end]) for each in segments if each.marker in {_APP1, _APP2}]
    exif = next((body for marker, body in blocks if marker == _APP1 and body.startswith(_EXIF)), None)
    parts = sorted(body for marker, body in blocks if marker == _APP2 and body.startswith(_PROFILE))
    return read_metadata(exif, b"".join(part[_PROFILE_HEAD:] for part in parts) or None)


def _facts(tags: Image.Exif) -> dict[str, str | int]:
    facts: dict[str, str | int] = {}
    texts = {name: tags.get(tag) for name, tag in _TEXTS.items()}
    texts["DateTimeOriginal"] = tags.get_ifd(_DETAILS).get(_TAKEN) if _DETAILS in tags else None
    facts.update({name: text for name, value in texts.items() if (text := _text(value))})
    orientation = tags.get(_ORIENTATION)
    if isinstance(orientation, int) and orientation in _ORIENTATIONS:
        facts["Orientation"] = orientation
    if tags:
        facts["GPS"] = _PLACE in tags
    return facts


def _text(value: object) -> str:
    """A text of one line without anything that is not meant to be read."""
    return (
        "".join(each for each in value if each.isprintable())[:LONGEST_TEXT].strip() if isinstance(value, str) else ""
    )
