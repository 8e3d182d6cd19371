"""Whether a child's report is believed: it must be one that an honest child could have made under these rules."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.report import FileReport, Rendition
from pipeline.inspection.rules import FileRules, verdict
from pipeline.inspection.sandbox.plain import NotPlain, plain_jpeg_size
from pipeline.inspection.sandbox.reply import FindingReply, PageReply, RenditionReply, Reply
from pipeline.inspection.texts import PageText, Word

_LONGEST_SENTENCE: Final = 2000
_FIRST_PAGE: Final = frozenset({("large", 1), ("small", 1)})


class Unbelievable(ValueError):
    """The reply breaks a rule; the message says which."""


def believe(reply: Reply, bodies: Sequence[bytes], *, rules: FileRules, size: int) -> FileReport:
    """Turn the reply into a report on a file of `size` bytes. Raises Unbelievable."""
    findings = tuple(_finding(each) for each in reply.findings)
    accepted = verdict(findings)
    _require("the size differs", reply.size == size)
    _require("an accepted file is beyond the rules", not accepted or _is_within(reply, rules))
    _require("renditions do not fit the verdict", _fits(reply.renditions, accepted=accepted))
    side = rules.large_side if reply.pages is None else rules.page_side
    return FileReport(
        size=reply.size,
        sha256=reply.sha256,
        media_type=reply.media_type,
        width=reply.width,
        height=reply.height,
        pages=reply.pages,
        findings=findings,
        renditions=tuple(
            _rendition(told, body, most=side if told.purpose == "large" else rules.small_side)
            for told, body in zip(reply.renditions, bodies, strict=True)
        ),
        texts=tuple(_page(each) for each in reply.texts),
        exif=dict(reply.exif),
    )


def _finding(told: FindingReply) -> Finding:
    """Write the sentence anew from our own template."""
    try:
        found = finding(told.code, **told.detail)
    except (KeyError, TypeError, ValueError) as error:
        raise Unbelievable("an unknown finding, or one with the wrong values") from error
    _require("a finding's sentence is too long", len(found.message) <= _LONGEST_SENTENCE)
    return found


def _is_within(reply: Reply, rules: FileRules) -> bool:
    return (
        reply.media_type in rules.media_types
        and reply.size <= rules.max_bytes
        and (reply.width or 0) * (reply.height or 0) <= rules.max_pixels
        and max(reply.width or 0, reply.height or 0) <= rules.max_side
        and (reply.pages or 0) <= rules.max_pages
        and len(reply.renditions) == (reply.pages or 1) + 1
    )


def _fits(renditions: Iterable[RenditionReply], *, accepted: bool) -> bool:
    """A refused file has none; an accepted one has each page once, and the first also small."""
    shown = [(each.purpose, each.page) for each in renditions]
    if not accepted:
        return not shown
    pages = {("large", page) for page in range(1, len(shown))}
    return len(shown) == len(set(shown)) and set(shown) == pages | _FIRST_PAGE


def _rendition(told: RenditionReply, body: bytes, *, most: int) -> Rendition:
    _require("a rendition is larger than the rules allow", max(told.width, told.height) <= most)
    _require("a rendition's digest differs", sha256(body).hexdigest() == told.sha256)
    try:
        size = plain_jpeg_size(body)
    except NotPlain as error:
        raise Unbelievable(f"a rendition is not ours: {error}") from error
    _require("a rendition's size differs", size == (told.width, told.height))
    return Rendition(told.purpose, told.page, "image/jpeg", told.width, told.height, body, told.sha256)


def _page(told: PageReply) -> PageText:
    return PageText(told.page, told.width, told.height, tuple(Word(*word) for word in told.words))


def _require(otherwise: str, holds: bool) -> None:  # noqa: FBT001  # a condition reads best where it stands
    if not holds:
        raise Unbelievable(otherwise)
