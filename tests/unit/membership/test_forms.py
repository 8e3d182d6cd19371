import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.policy import load_policy
from pipeline.intake.rules import verification_problems
from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import parse_submission
from pipeline.membership.rules.forms import form_schema
from tests.support.bodies import FORMS
from tests.support.methods import email_body

POLICY = load_policy()
IDENTITIES = pytest.mark.parametrize("identity", list(POLICY.identities))
BAD_ADDRESSES = ("ftp://a.example", "https://nothing", "https://a b.example", "javascript:alert(1)", "a.example", "")


def schema_of(identity: str) -> dict[str, object]:
    return form_schema(identity, POLICY.identities[identity], POLICY)


def schema_takes(identity: str, form: dict[str, str]) -> bool:
    return bool(jsonschema.Draft202012Validator(schema_of(identity)).is_valid(form))


def door_takes(identity: str, form: dict[str, str]) -> bool:
    try:
        submission = parse_submission({**email_body(identity=identity), "form": form})
    except Invalid:
        return False
    return not verification_problems(submission, POLICY)


PIECES = st.sampled_from(
    [
        "http://",
        "https://",
        "HTTPS://",
        "a",
        "b-c",
        ".",
        "..",
        ":",
        ":80",
        ":99999999",
        "/",
        "?x=1",
        "#",
        "[",
        "]",
        "@",
        " ",
        "\t",
    ]
)
ADDRESSES = st.lists(PIECES, max_size=8).map("".join)
"""Of every kind, most of them wrong."""

WRITTEN = st.one_of(st.text(max_size=12), st.text("\x00\x1c\x85\ufeff \n\ta", max_size=4), ADDRESSES)


def test_there_are_eight_identities() -> None:
    assert len(POLICY.identities) == 8


@IDENTITIES
def test_a_forms_schema_is_one(identity: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of(identity))

    assert schema_of(identity)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@IDENTITIES
def test_a_sound_form_is_taken_by_both(identity: str) -> None:
    assert schema_takes(identity, FORMS[identity])
    assert door_takes(identity, FORMS[identity])


@IDENTITIES
@settings(deadline=None)
@given(data=st.data())
def test_what_the_schema_accepts_the_door_accepts(identity: str, data: st.DataObject) -> None:
    fields = POLICY.identities[identity].form
    form = data.draw(
        st.fixed_dictionaries({field: WRITTEN | st.just(FORMS[identity].get(field, "")) for field in fields})
    )

    assert door_takes(identity, form) or not schema_takes(identity, form)


@settings(deadline=None, max_examples=300)
@given(address=ADDRESSES | st.from_regex(r"\Ahttps?://[a-c.-]{1,5}(:[0-9]{0,6})?([/?#].{0,5})?\Z"))
def test_an_address_that_the_schema_accepts_the_door_accepts(address: str) -> None:
    form = {"store_name": "Blue Door", "store_link": address}

    assert door_takes("online_retailer", form) or not schema_takes("online_retailer", form)


@IDENTITIES
@pytest.mark.parametrize("change", [{"unheard_of": "x"}, {"company name": "x"}])
def test_neither_takes_a_field_that_the_form_has_not(identity: str, change: dict[str, str]) -> None:
    form = {**FORMS[identity], **change}

    assert not schema_takes(identity, form)
    assert not door_takes(identity, form)


@IDENTITIES
@pytest.mark.parametrize("value", ["", " ", "x" * 2001])
def test_neither_takes_a_required_field_that_is_blank_or_too_long(identity: str, value: str) -> None:
    field = next(iter(POLICY.identities[identity].form))
    form = {**FORMS[identity], field: value}

    assert not schema_takes(identity, form)
    assert not door_takes(identity, form)


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_neither_takes_what_is_no_web_address(address: str) -> None:
    form = {"store_name": "Blue Door", "store_link": address}

    assert not schema_takes("online_retailer", form)
    assert not door_takes("online_retailer", form)


def test_an_optional_field_may_be_left_out_or_empty() -> None:
    assert schema_takes("wholesaler", {"company_name": "Blue Door", "company_website": ""})
    assert door_takes("wholesaler", {"company_name": "Blue Door", "company_website": ""})
    assert schema_takes("wholesaler", {"company_name": "Blue Door"})
