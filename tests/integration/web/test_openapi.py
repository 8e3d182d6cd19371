"""The whole of `/v1` is asked as its OpenAPI document allows, and as it does not: every answer is one that the document names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.container import Container
from tests.support.machines import effort
from tests.support.openapi import House, cases, document, furnished, operations

EACH = pytest.mark.parametrize(
    ("verb", "path"), operations(), ids=[f"{verb.upper()} {path}" for verb, path in operations()]
)
PROMISED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def house(all_servers: Container) -> House:
    return furnished(all_servers)


@EACH
def test_every_answer_is_one_that_the_document_names(house: House, verb: str, path: str) -> None:
    operation = house.operation(verb, path)

    @effort(examples=12, steps=1)
    @given(case=cases(operation), known=st.booleans())
    def asked(case: Any, *, known: bool) -> None:
        response = house.ask(case, known=known)

        case.validate_response(response, checks=PROMISED)

    asked()


@EACH
def test_without_a_key_only_what_signs_itself_is_answered(house: House, verb: str, path: str) -> None:
    operation = document()["paths"][path][verb]

    response = house.ask_without_a_key(verb, path)

    assert (response.status_code == 401) == ("security" in operation)
