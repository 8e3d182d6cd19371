from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.report import FileReport, PageText, Rendition, Word
from pipeline.inspection.rules import judge_pixels, judge_size, verdict
from pipeline.inspection.sandbox.plain import NotPlain, plain_jpeg_size
from pipeline.inspection.sandbox.reply import SAME_IN_REPORT, FindingReply, PageReply, RenditionReply, Reply
from pipeline.policy.files import FileLimits

_LONGEST_SENTENCE: Final = 2000
_FIRST_PAGE: Final = frozenset({("large", 1), ("small", 1)})


class Untrustworthy(ValueError):
    """The reply breaks a rule; the message says which."""


def checked_report(reply: Reply, bodies: Sequence[bytes], *, limits: FileLimits, size: int) -> FileReport:
    """Turn the reply into a report on a file of `size` bytes. Raises Untrustworthy."""
    findings = tuple(_finding(each) for each in reply.findings)
    accepted = verdict(findings)
    _require("the size differs", reply.size == size)
    _require("an accepted file is beyond the limits", not accepted or _is_within(reply, limits))
    _require("renditions do not fit the verdict", _fits(reply.renditions, accepted=accepted))
    large = limits.large_side if reply.pages is None else limits.page_side
    return FileReport(
        **{name: getattr(reply, name) for name in SAME_IN_REPORT},
        findings=findings,
        renditions=tuple(
            _rendition(each, body, most=large if each.purpose == "large" else limits.small_side)
            for each, body in zip(reply.renditions, bodies, strict=True)
        ),
        texts=tuple(_page(each) for each in reply.texts),
        exif=dict(reply.exif),
    )


def _finding(reply: FindingReply) -> Finding:
    """Write the sentence anew from our own template."""
    try:
        found = finding(reply.code, **reply.detail)
    except (KeyError, TypeError, ValueError) as error:
        raise Untrustworthy("an unknown finding, or one with the wrong values") from error
    _require("a finding's sentence is too long", len(found.message) <= _LONGEST_SENTENCE)
    return found


def _is_within(reply: Reply, limits: FileLimits) -> bool:
    return (
        reply.media_type in limits.media_types
        and not judge_size(reply.size, limits)
        and (reply.width is None or reply.height is None or not judge_pixels(reply.width, reply.height, limits))
        and (reply.pages or 0) <= limits.max_pages
        and len(reply.renditions) == (reply.pages or 1) + 1
    )


def _fits(renditions: Iterable[RenditionReply], *, accepted: bool) -> bool:
    """A refused file has none; an accepted one has each page once, and the first also small."""
    shown = [(each.purpose, each.page) for each in renditions]
    if not accepted:
        return not shown
    pages = {("large", page) for page in range(1, len(shown))}
    return len(shown) == len(set(shown)) and set(shown) == pages | _FIRST_PAGE


def _rendition(reply: RenditionReply, body: bytes, *, most: int) -> Rendition:
    _require("a rendition is larger than the limits allow", max(reply.width, reply.height) <= most)
    _require("a rendition's digest differs", sha256(body).hexdigest() == reply.sha256)
    try:
        size = plain_jpeg_size(body)
    except NotPlain as error:
        raise Untrustworthy(f"a rendition is not ours: {error}") from error
    _require("a rendition's size differs", size == (reply.width, reply.height))
    return Rendition(reply.purpose, reply.page, "image/jpeg", reply.width, reply.height, body, reply.sha256)


def _page(reply: PageReply) -> PageText:
    return PageText(reply.page, reply.width, reply.height, tuple(Word(*word) for word in reply.words))


def _require(otherwise: str, holds: bool) -> None:  # noqa: FBT001  # a condition reads best where it stands
    if not holds:
        raise Untrustworthy(otherwise)
