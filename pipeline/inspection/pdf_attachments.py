"""Which attached files are data and nothing else. A member's own file is never handed on, so data in it harms nobody.

A program, a script, an office document and an archive would act, or hide what acts, where somebody opened them.
"""

import re
from pathlib import PurePosixPath
from typing import Final

from pipeline.inspection.embedded_content import find_embedded
from pipeline.inspection.sniff import PDF, sniff

LONGEST_NAME: Final = 100
MOST_ATTACHMENTS: Final = 100
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of all attached files together, unpacked."""

_NAMES: Final = frozenset(
    [
        "",
        ".xml",
        ".xmp",
        ".xsd",
        ".txt",
        ".text",
        ".md",
        ".log",
        ".csv",
        ".tsv",
        ".tab",
        ".json",
        ".yaml",
        ".yml",
        ".edi",
        ".joboptions",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".gif",
        ".tif",
        ".tiff",
        ".bmp",
        ".webp",
        ".heic",
        ".heif",
        ".avif",
        ".pdf",
    ]
)
_PICTURES: Final = frozenset(
    ["image/jpeg", "image/png", "image/webp", "image/heic", "image/avif", "image/gif", "image/tiff", "image/bmp"]
)
_TEXTS: Final = frozenset({None, "application/xml"})
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_OLD_END: Final = "\x1a"
"""DOS and its programs end a text by it."""

# How a script or a command begins, and what would be opened by an office program or started by a desktop.
_ACTS_AT_ITS_START: Final = re.compile(
    r"\A\s*(?:#!|\{\\rtf|%!PS|@echo\b|ID;P|\[(?:InternetShortcut|Shell|Desktop Entry|AutoRun)\])", re.IGNORECASE
)
# A document of an office program written as XML, a drawing or a style that may have scripts, and a program that is described in XML.
_ACTS: Final = re.compile(
    r"<\?mso-application|<(?:\w+:)?(?:svg|script|jnlp)[\s>]|<hta:"
    r"|http://schemas\.microsoft\.com/office/2006/xmlPackage|http://schemas\.microsoft\.com/office/word/2003/wordml"
    r"|urn:schemas-microsoft-com:office:|urn:oasis:names:tc:opendocument:xmlns:office:",
    re.IGNORECASE,
)
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def is_name_of_data(name: str) -> bool:
    """Whether this name ends as data does, or has no ending."""
    # Windows takes what stands before a colon for the file, and what stands behind it for a part of that file.
    parts = name.replace("\\", "/").split(":")
    return all(PurePosixPath(part.rstrip(". \0")).suffix.lower() in _NAMES for part in parts)


def is_data(content: bytes) -> bool:
    """Whether this is text, XML or a picture, with nothing else inside it. A PDF is not judged here."""
    media_type = sniff(content).media_type
    if media_type in _PICTURES:
        return find_embedded(content) is None
    return media_type in _TEXTS and _is_plain(content)


def is_pdf(content: bytes) -> bool:
    """Whether this is a PDF, which has to be scanned like the one that it is attached to."""
    return sniff(content) == PDF


def shown_name(name: str) -> str:
    """The name in one line, of a length that can be read; "" when there is nothing to read."""
    return "".join(each for each in name if each.isprintable())[:LONGEST_NAME].strip()


def _is_plain(content: bytes) -> bool:
    text = _decoded(content).removesuffix(_OLD_END)
    acts = _ACTS_AT_ITS_START.search(text) or _ACTS.search(text)
    return not _NO_TEXT.search(text) and not acts and find_embedded(text.encode()) is None


def _decoded(content: bytes) -> str:
    """As text: by its mark, else UTF-8, else one character for each byte. What is no text has characters that no text has."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("latin-1")
