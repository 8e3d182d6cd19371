"""A number of another kind, or of a form that is not known, spends no chance, and the answer says what it seems to be (DOMAIN §9)."""

from typing import Final

import pytest

from config.container import Container
from pipeline.submission.tables import submission
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.methods import number_body
from tests.support.together import until
from tests.support.workers import message, working

OTHERS: Final = (
    ("DE", "36 574 261 809", "Steuerliche Identifikationsnummer"),
    ("JP", "6214 9832 0257", "Japanese Individual Number"),
    ("MX", "XAXX010101000", "generic RFC"),
    ("MX", "COMG600703", "without its last three characters"),
    ("US", "536-90-4399", "Social Security Number"),
    ("IN", "2341 2341 2346", "Aadhaar"),
    ("GB", "SC123456", "Companies House"),
    ("SA", "1010010000", "commercial registration number"),
    ("MY", "201901000005", "SSM"),
    ("FR", "EL 094259216", "of GR"),
    ("PL", "DE136695978", "of DE"),
    ("CN", "360426199101010071", "Identity Card"),
    ("KR", "110111-0006246", "corporate registration number"),
    ("NL", "24345678", "KVK"),
    ("HK", "A123456(3)", "identity card"),
    ("MY", "201901000005 (1312345-X)", "SSM"),
    ("IN", "DELM12345L", "TAN"),
)
UNKNOWN: Final = (
    ("DE", "13669597"),
    ("DE", "hello"),
    ("HK", "123456"),
    ("QA", "12"),
    ("AE", "2" * 15),
    ("KR", "1" * 30),
    ("CO", "800197268"),
    ("IL", "12345"),
)


@pytest.mark.parametrize(("country", "number", "seems"), OTHERS)
def test_a_number_of_another_kind_is_refused_at_the_door_by_its_name(
    api: Api, desk: Desk, country: str, number: str, seems: str
) -> None:
    response = api.submit(number_body(country, number))

    assert response.status_code == 422
    assert problems(response) == [("tax_number.number", "tax_number_other_kind")]
    assert seems in response.json()["errors"][0]["message"]
    assert desk.rows(submission) == []


@pytest.mark.parametrize(("country", "number"), UNKNOWN)
def test_a_form_that_is_not_known_is_refused_at_the_door_with_the_forms_that_are(
    api: Api, desk: Desk, country: str, number: str
) -> None:
    response = api.submit(number_body(country, number))

    assert problems(response) == [("tax_number.number", "tax_number_format")]
    assert "no form that we know" in response.json()["errors"][0]["message"].replace("has ", "")
    assert desk.rows(submission) == []


def test_by_the_queue_it_spends_no_chance_either(desk: Desk, tools: Container) -> None:
    tools.broker.enqueue(message(number_body("DE", "36 574 261 809"), idempotency_key="k-1", correlation_id="t-1"))

    with working(tools, "intake"):
        until(desk.parked)

    assert desk.rows(submission) == []
