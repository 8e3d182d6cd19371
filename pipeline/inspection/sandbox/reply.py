"""What a child answers: a JSON header in bounds, and after it the renditions' bytes. Nothing in it is ever executed."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from pipeline.inspection.report import FileReport

SAME_IN_REPORT: Final = ("size", "sha256", "media_type", "width", "height", "pages")
"""The fields that a header has in common with the report that it is about."""

_Side = Annotated[int, Field(ge=1, le=65_535)]
_Length = Annotated[float, Field(ge=0, le=2**32, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=-1, le=2, allow_inf_nan=False)]
_Word = tuple[Annotated[str, Field(max_length=200)], _Share, _Share, _Share, _Share]
_Note = Annotated[str, Field(max_length=500)] | bool | int
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Malformed(ValueError):
    """The header is not of our form; the message names the kinds of faults, and nothing that the child wrote."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class FindingReply(_Strict):
    """A code and the values behind it. The sentence that a member reads is not taken from a child."""

    code: str = Field(max_length=64)
    detail: dict[str, JsonValue] = Field(max_length=32)


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
    words: tuple[_Word, ...] = Field(max_length=100_000)


class Reply(_Strict):
    """The report on one file, without the renditions' bytes. Memory in MiB: the peak for this file, and what is kept."""

    kind: Literal["report"]
    size: int = Field(ge=0)
    sha256: _Digest
    media_type: str | None = Field(max_length=100)
    width: int | None = Field(ge=0, le=2**32)
    height: int | None = Field(ge=0, le=2**32)
    pages: int | None = Field(ge=0, le=2**32)
    findings: tuple[FindingReply, ...] = Field(max_length=64)
    renditions: tuple[RenditionReply, ...] = Field(max_length=1024)
    texts: tuple[PageReply, ...] = Field(max_length=1024)
    exif: dict[str, _Note] = Field(max_length=64)
    signals: dict[str, JsonValue] = Field(max_length=64)
    peak_rss_mib: float = Field(ge=0, le=2**20)
    rss_mib: float = Field(ge=0, le=2**20)

    @property
    def bytes_to_follow(self) -> int:
        """Of all renditions together."""
        return sum(each.length for each in self.renditions)


class Failure(_Strict):
    """The child gives up on this file and ends; `reason` is the name of an error."""

    kind: Literal["failure"]
    reason: str = Field(pattern=r"^[A-Za-z0-9_]{1,64}$")


class Greeting(_Strict):
    """The child is ready, with these protections on."""

    kind: Literal["ready"]
    protections: tuple[str, ...] = Field(max_length=8)


Answer = Annotated[Reply | Failure | Greeting, Field(discriminator="kind")]
_answers: Final = TypeAdapter[Reply | Failure | Greeting](Answer)


def parse(frame: bytes) -> Reply | Failure | Greeting:
    """What the frame says. Raises Malformed for all that is not exactly one of the three."""
    try:
        return _answers.validate_json(frame)
    except ValidationError as error:
        kinds = sorted(
            {each["type"] for each in error.errors(include_url=False, include_context=False, include_input=False)}
        )
        raise Malformed(", ".join(kinds)) from error


def to_json(answer: Failure | Greeting) -> bytes:
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
        "signals": dict(signals),
        "peak_rss_mib": peak_mib,
        "rss_mib": rss_mib,
    }
    return orjson.dumps(header, default=str), [each.body for each in report.renditions]


def _fields(value: object, *names: str) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}
