"""Whatever is wrong with a body, what its sender reads is ours: no sentence of the validator passes."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field, create_model
from pydantic_core._pydantic_core import list_all_errors

import schemas
from pipeline.kernel.errors import Invalid
from pipeline.kernel.rules.validation_words import sentence_of
from pipeline.kernel.validation import parse, parse_submission
from schemas.base import Frozen
from tests.support.bodies import avatar_body, verification_body
from web import problems as web_problems

SHAPES: Final = sorted(
    {
        shape
        for module in pkgutil.iter_modules(schemas.__path__)
        for _, shape in inspect.getmembers(importlib.import_module(f"schemas.{module.name}"), inspect.isclass)
        if issubclass(shape, BaseModel) and shape.__module__.startswith("schemas.")
    },
    key=lambda shape: shape.__qualname__,
)


def nested(depth: int) -> list[Any]:
    inside: list[Any] = []
    for _ in range(depth):
        inside = [inside]
    return inside


WRONG: Final[tuple[Any, ...]] = (
    *(None, True, -1, 1.5, 10**40, float("nan"), float("inf"), b"\xff", object()),
    *("", " ", "x" * 2100, "a\x00b", "\ud800", "ä ö/", "-1", "1e999", "1.23456789123", "12345678901234567890.5"),
    *(
        "2026-13-45",
        "2026-03-01T09:30:00",
        "25:61",
        "ada@",
        "@",
        "http://",
        "ftp://example.com",
        "https://" + "a" * 2100,
    ),
    *([], [None] * 1001, ["", -1, {}], nested(300), {}, {"a": None}, {"": {"": []}}, {1: 2}),
)
TEMPLATES: Final = [
    re.sub(r"\\\{\w+\\\}", ".*", re.escape(each["message_template_python"])) for each in list_all_errors()
]
NOT_OURS: Final = re.compile(
    "|".join([*TEMPLATES, "Value error", "Assertion failed", "not a valid email", "JSON decode"])
)


def messages(shape: type[BaseModel], given: object) -> list[str]:
    try:
        parse(shape, given)
    except Invalid as error:
        return [each.message for each in error.problems]
    return []


def wrong_bodies(shape: type[BaseModel]) -> Iterator[object]:
    yield from WRONG
    yield {"no such field": 1}
    yield from ({name: value} for name in shape.model_fields for value in WRONG)
    yield from ({name: {inner: value}} for name in shape.model_fields for inner in INNER for value in WRONG)


INNER: Final = ("name", "email", "amount", "key", "id")


def test_every_shape_is_looked_at() -> None:
    assert {"AvatarSubmission", "DecisionRequest", "EventRequest"} <= {shape.__name__ for shape in SHAPES}


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.__name__ for shape in SHAPES])
def test_no_sentence_of_the_validator_passes(shape: type[BaseModel]) -> None:
    said = {message for body in wrong_bodies(shape) for message in messages(shape, body)}

    assert said
    assert [each for each in said if NOT_OURS.search(each)] == []


@pytest.mark.parametrize("whole", [avatar_body(), verification_body()], ids=["avatar", "verification"])
def test_nor_for_a_submission_with_one_wrong_field(whole: dict[str, Any]) -> None:
    bodies = [{**whole, name: value} for name in whole for value in WRONG]

    said = {message for body in bodies for message in refused(body)}

    assert said
    assert [each for each in said if NOT_OURS.search(each)] == []


def refused(body: object) -> list[str]:
    try:
        parse_submission(body)
    except Invalid as error:
        return [each.message for each in error.problems]
    return []


@pytest.mark.parametrize("error", list_all_errors(), ids=[each["type"] for each in list_all_errors()])
def test_every_kind_of_error_has_a_sentence_of_ours(error: dict[str, Any]) -> None:
    context = {**(error.get("example_context") or {}), "error": ValueError("A sentence of ours.")}

    said = sentence_of({"type": error["type"], "loc": (), "msg": "theirs", "input": None, "ctx": context})

    assert said[0].isupper()
    assert not NOT_OURS.search(said)


@pytest.fixture(scope="module")
def door() -> Iterator[TestClient]:
    app = FastAPI()
    web_problems.install(app)
    shape = create_model("Body", __base__=Frozen, amount=(float, Field(gt=0)), names=(tuple[str, ...], ()))

    @app.post("/")
    def take(body: shape) -> str:
        return str(body)

    with TestClient(app) as client:
        yield client


RAW: Final = {
    "no JSON": b"{",
    "nothing": b"",
    "two values": b"{} {}",
    "a single quote": b"{'amount': 1}",
    "NaN": b'{"amount": NaN}',
    "beyond all bounds": b'{"amount": 1e999, "names": 1}',
    "half a character": b'{"amount": 1, "names": ["\\ud800", 1]}',
    "null": b"null",
    "a list": b"[[[]]]",
    "no value": b'{"amount":}',
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_nor_for_a_body_that_is_no_json(door: TestClient, raw: bytes) -> None:
    answer = door.post("/", content=raw, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert [each for each in answer.json()["errors"] if NOT_OURS.search(each["message"])] == []
