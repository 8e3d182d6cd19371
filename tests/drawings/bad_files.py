"""Files that the pipeline must refuse."""

from collections.abc import Callable
from io import BytesIO
from typing import Final

import pikepdf
from PIL import Image

from cli.demo.demo_file import DemoFile
from tests.drawings.avatars import avatar_photo, enlarged
from tests.drawings.bank_statement import bank_statement
from tests.drawings.bomb import black_png
from tests.drawings.browser import png

TOO_LARGE: Final = 3 * 1024 * 1024 + 1
_LONGEST_COMMENT: Final = 65_533
_COMMENT_FRAME: Final = 4


def bad_file(name: str) -> DemoFile:
    """One of `BAD`. Only the encrypted PDF differs from run to run: its keys are random."""
    return _BAD[name]()


def _cut_jpeg() -> DemoFile:
    """Break a photograph's upload off at 60 %."""
    whole = avatar_photo("portrait").body
    return DemoFile("IMG_2041.jpg", "image/jpeg", whole[: len(whole) * 6 // 10])


def _png_named_jpg() -> DemoFile:
    """Send a PNG that calls itself a JPEG by name and by declared type."""
    image = Image.open(BytesIO(avatar_photo("close_up").body))
    return DemoFile("profile-photo.jpg", "image/jpeg", png(image))


def _one_byte_too_large() -> DemoFile:
    """Make a sound JPEG of 3 MiB and one byte."""
    return DemoFile("DSC_0097.jpg", "image/jpeg", grown(enlarged(2700, quality=93), TOO_LARGE))


def grown(jpeg: bytes, size: int) -> bytes:
    """Make the same JPEG exactly `size` bytes long by comments after its first segment.

    Raises ValueError if it is too long already, or if so little is missing that no comment fits.
    """
    missing = size - len(jpeg)
    comments = bytearray()
    while missing:
        payload = min(missing - _COMMENT_FRAME, _LONGEST_COMMENT)
        if payload < 0:
            raise ValueError(f"a comment of {missing} bytes cannot be written")
        if 0 < missing - _COMMENT_FRAME - payload < _COMMENT_FRAME:
            payload -= _COMMENT_FRAME
        comments += b"\xff\xfe" + (payload + 2).to_bytes(2) + bytes(payload)
        missing -= payload + _COMMENT_FRAME
    first = 4 + int.from_bytes(jpeg[4:6])
    return jpeg[:first] + bytes(comments) + jpeg[first:]


def _zero_bytes() -> DemoFile:
    return DemoFile("avatar.jpg", "image/jpeg", b"")


def _decompression_bomb() -> DemoFile:
    """Make a screenshot of under a megabyte that unpacks to 900 million pixels."""
    return DemoFile("backoffice-full-page.png", "image/png", black_png(30_000))


def _encrypted_pdf() -> DemoFile:
    return locked(bank_statement("wholesaler", 1))


def locked(plain: DemoFile) -> DemoFile:
    """Lock a statement so that it opens with its owner's password only."""
    file = BytesIO()
    with pikepdf.open(BytesIO(plain.body)) as document:
        document.save(file, encryption=pikepdf.Encryption(owner="branch-0417", user="my-date-of-birth", R=6))
    return DemoFile("eStatement_protected.pdf", plain.media_type, file.getvalue())


_BAD: Final[dict[str, Callable[[], DemoFile]]] = {
    "cut_jpeg": _cut_jpeg,
    "png_named_jpg": _png_named_jpg,
    "one_byte_too_large": _one_byte_too_large,
    "zero_bytes": _zero_bytes,
    "decompression_bomb": _decompression_bomb,
    "encrypted_pdf": _encrypted_pdf,
}
BAD: Final = tuple(_BAD)
