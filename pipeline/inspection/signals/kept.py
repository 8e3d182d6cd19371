"""Which signals are kept: those in the shape that their makers promise. They come from a child that had a stranger's file."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


def _in_one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("it has characters that cannot be shown")
    return value


_Line = Annotated[str, Field(max_length=200), AfterValidator(_in_one_line)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0, le=1_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class _Face(_Strict):
    x: _Share
    y: _Share
    w: _Share
    h: _Share
    score: _Share


class _Faces(_Strict):
    count: _Count
    boxes: Annotated[list[_Face], Field(max_length=1000)]


class _Blur(_Strict):
    score: Annotated[float, Field(allow_inf_nan=False)]
    blurred: bool


class _Exif(_Strict):
    edited_by: _Line | None
    camera: _Line | None
    taken_at: _Line | None
    gps: bool
    screenshot: bool
    dark_bars: bool


class _PageWords(_Strict):
    page: _Count
    words: _Count


class _Text(_Strict):
    source: Literal["text_layer"] | None
    words: _Count
    pages: Annotated[list[_PageWords], Field(max_length=1024)]


_SHAPES: Final[Mapping[str, TypeAdapter[object]]] = {
    "faces": TypeAdapter(_Faces | None),
    "blur": TypeAdapter(_Blur | None),
    "fingerprint": TypeAdapter(Annotated[str, Field(pattern=r"\A[0-9a-f]{16}\z")] | None),
    "exif": TypeAdapter(_Exif),
    "text": TypeAdapter(_Text),
}


def kept(signals: Mapping[str, object]) -> dict[str, object]:
    """The signals that are as they must be; the others stand in `failed`, as those do that could not be made."""
    good = {name: value for name, value in signals.items() if name in _SHAPES and _fits(name, value)}
    failed = signals.get("failed")
    named = [name for name in failed if name in _SHAPES] if isinstance(failed, list) else []
    bad = [name for name in signals if name in _SHAPES and name not in good]
    return {**good, "failed": [*named, *bad]} if signals else {}


def _fits(name: str, value: object) -> bool:
    try:
        _SHAPES[name].validate_python(value)
    except ValidationError:
        return False
    return True
