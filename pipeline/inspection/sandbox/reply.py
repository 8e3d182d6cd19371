"""What a child answers: a JSON header in bounds, and after it the renditions' bytes. Nothing in it is ever executed."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.inspection.report import FileReport

SAME_IN_REPORT: Final = ("size", "sha256", "media_type", "width", "height", "pages")
"""The fields that a header has in common with the report that it is about."""

_MOST_PARTS: Final = 300_000
"""Brackets of a header, with those in its texts: of 100,000 characters and as many words at most."""

MOST_OF_SIGNALS: Final = 256 * 1024
"""Characters of JSON: so much and no more becomes objects in the parent's memory."""

_Side = Annotated[int, Field(ge=1, le=65_535)]
_Length = Annotated[float, Field(ge=0, le=2**32, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=-1, le=2, allow_inf_nan=False)]
_Word = Annotated[tuple[Annotated[str, Field(max_length=200)], _Share, _Share, _Share, _Share], Field(strict=False)]
"""Lists become tuples; within them all is strict as elsewhere."""

_Note = Annotated[str, Field(max_length=500)] | bool | int
_Value = Annotated[str, Field(max_length=8192)] | bool | int | Annotated[float, Field(allow_inf_nan=False)] | None
_Values = Annotated[tuple[Annotated[str, Field(max_length=500)], ...], Field(max_length=32, strict=False)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Malformed(ValueError):
    """The header is not of our form; the message names the kinds of faults, and nothing that the child wrote."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class FindingReply(_Strict):
    """A code and the values behind it. The sentence that a member reads is not taken from a child."""

    code: str = Field(max_length=64)
    detail: dict[str, _Value | _Values] = Field(max_length=32)


class RenditionReply(_Strict):
    """A rendition whose bytes follow the header, in the header's order."""

    purpose: Literal["large", "small"]
    page: int = Field(ge=1, le=10_000)
    width: _Side
    height: _Side
    length: int = Field(ge=1)
    sha256: _Digest


class PageReply(_Strict):
    """The words of one page's text layer, each with its box."""

    page: int = Field(ge=1, le=10_000)
    width: _Length
    height: _Length
    words: tuple[_Word, ...] = Field(max_length=100_000, strict=False)


class Reply(_Strict):
    """The report on one file, without the renditions' bytes. Memory in MiB: the peak for this file, and what is kept."""

    kind: Literal["report"]
    size: int = Field(ge=0)
    sha256: _Digest
    media_type: str | None = Field(max_length=100)
    width: int | None = Field(ge=0, le=2**32)
    height: int | None = Field(ge=0, le=2**32)
    pages: int | None = Field(ge=0, le=2**32)
    findings: tuple[FindingReply, ...] = Field(max_length=64, strict=False)
    renditions: tuple[RenditionReply, ...] = Field(max_length=1024, strict=False)
    texts: tuple[PageReply, ...] = Field(max_length=1024, strict=False)
    exif: dict[str, _Note] = Field(max_length=64)
    signals: str = Field(max_length=MOST_OF_SIGNALS)
    peak_rss_mib: float = Field(ge=0, le=2**20)
    rss_mib: float = Field(ge=0, le=2**20)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Of the bodies that follow."""
        return tuple(each.length for each in self.renditions)

    def read_signals(self) -> dict[str, Any]:
        """The signals, which a child writes as JSON within this header. Raises Malformed."""
        signals = _loaded(self.signals.encode())
        if not isinstance(signals, dict):
            raise Malformed("signals")
        return signals


class Picture(_Strict):
    """A picture whose bytes follow the header."""

    kind: Literal["picture"]
    length: int = Field(ge=1)
    peak_rss_mib: float = Field(ge=0, le=2**20)
    rss_mib: float = Field(ge=0, le=2**20)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Of the bodies that follow."""
        return (self.length,)


class Failure(_Strict):
    """The child gives up on this file and ends; `reason` is the name of an error."""

    kind: Literal["failure"]
    reason: str = Field(pattern=r"^[A-Za-z0-9_]{1,64}$")


class Greeting(_Strict):
    """The child is ready, with these protections on, and without those that are missing, each with the reason."""

    kind: Literal["ready"]
    protections: tuple[str, ...] = Field(max_length=8, strict=False)
    missing: dict[str, Annotated[str, Field(max_length=300)]] = Field(default={}, max_length=8)


Done = Reply | Picture
Answer = Done | Failure | Greeting
_answers: Final = TypeAdapter[Answer](Annotated[Answer, Field(discriminator="kind")])


def parse(frame: bytes) -> Answer:
    """What the frame says. Raises Malformed for all that is not exactly one of the four."""
    try:
        return _answers.validate_python(_loaded(frame))
    except ValidationError as error:
        kinds = sorted(
            {each["type"] for each in error.errors(include_url=False, include_context=False, include_input=False)}
        )
        raise Malformed(", ".join(kinds)) from error


def _loaded(frame: bytes) -> object:
    """The JSON as objects. Each list and mapping takes much more memory than its two brackets, so there may be only so many."""
    if frame.count(b"[") + frame.count(b"{") > _MOST_PARTS:
        raise Malformed("too_many_parts")
    try:
        return orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise Malformed("json_invalid") from error


def to_json(answer: Failure | Greeting | Picture) -> bytes:
    """The frame that says this."""
    return orjson.dumps(answer.model_dump())


def encode(
    report: FileReport, signals: Mapping[str, object], *, peak_mib: float, rss_mib: float
) -> tuple[bytes, list[bytes]]:
    """The header's frame and the bodies that follow it."""
    header = {
        "kind": "report",
        **_fields(report, *SAME_IN_REPORT),
        "findings": [{"code": each.code, "detail": dict(each.detail)} for each in report.findings],
        "renditions": [
            {**_fields(each, "purpose", "page", "width", "height", "sha256"), "length": len(each.body)}
            for each in report.renditions
        ],
        "texts": [
            {**_fields(each, "page", "width", "height"), "words": [list(word) for word in each.words]}
            for each in report.texts
        ],
        "exif": dict(report.exif),
        "signals": orjson.dumps(dict(signals), default=str).decode(),
        "peak_rss_mib": peak_mib,
        "rss_mib": rss_mib,
    }
    return orjson.dumps(header, default=str), [each.body for each in report.renditions]


def _fields(value: object, *names: str) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}
