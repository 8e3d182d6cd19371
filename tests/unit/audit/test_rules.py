import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit.rules import START, Statement, canonical, next_head, row_digest, split, statement_of

AT = datetime(2026, 11, 29, 12, 30, 0, 5, UTC)
ROW: dict[str, Any] = {
    "id": 7,
    "at": AT,
    "xid": 900,
    "submission_id": UUID("018f0000-0000-7000-8000-000000000001"),
    "actor": "r-1",
    "event": "claim.taken",
    "from_state": None,
    "version": 3,
    "detail": {"fence": 2, "claim_id": "c", "list": [1, {"b": None, "a": "é"}], "share": 0.5},
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_row_has_one_form_and_this_is_it() -> None:
    """Whoever changes this form makes every sealed row of every installation look changed."""
    assert canonical({name: value for name, value in ROW.items() if value is not None}).decode() == (
        '{"actor":"r-1","at":"2026-11-29T12:30:00.000005+00:00",'
        '"detail":{"claim_id":"c","fence":2,"list":[1,{"a":"é","b":null}],"share":0.5},'
        '"event":"claim.taken","id":7,"submission_id":"018f0000-0000-7000-8000-000000000001","version":3,"xid":900}'
    )
    assert row_digest(ROW).hex() == "5a578e0f175eb051f248bdb7ce26c0dfe534512f2afafb3c8dab294719b61a5b"


def test_the_order_of_keys_does_not_matter() -> None:
    turned = {name: ROW[name] for name in reversed(ROW)}
    turned["detail"] = {name: ROW["detail"][name] for name in reversed(ROW["detail"])}

    assert row_digest(turned) == row_digest(ROW)


def test_the_time_zone_in_which_a_time_is_told_does_not_matter() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=8)))

    assert row_digest({**ROW, "at": elsewhere}) == row_digest(ROW)


def test_a_column_that_a_later_version_adds_changes_no_digest() -> None:
    assert row_digest({**ROW, "credential": None}) == row_digest(ROW)
    assert row_digest({**ROW, "credential": "key:1"}) != row_digest(ROW)


@pytest.mark.parametrize(
    "change",
    [
        {"id": 8},
        {"xid": 901},
        {"at": AT + timedelta(microseconds=1)},
        {"actor": "r-2"},
        {"event": "claim.takem"},
        {"version": None},
        {"from_state": "received"},
        {"detail": {}},
        {"detail": {**ROW["detail"], "fence": "2"}},
        {"detail": {**ROW["detail"], "list": [{"b": None, "a": "é"}, 1]}},
        {"detail": {**ROW["detail"], "share": None}},
    ],
)
def test_every_change_of_a_row_changes_its_digest(change: dict[str, Any]) -> None:
    assert row_digest({**ROW, **change}) != row_digest(ROW)


@given(JSON)
def test_what_was_read_back_has_the_same_form(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(JSON, JSON)
def test_two_values_with_one_form_are_the_same_value(one: object, other: object) -> None:
    assert (canonical(one) == canonical(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no form for set"):
        canonical({"a": {1}})


def test_a_chain_depends_on_what_came_before_on_its_place_and_on_each_row_in_order() -> None:
    rows = [(1, b"a" * 32), (2, b"b" * 32)]
    heads = [
        next_head(START, 1, rows),
        next_head(b"x" * 32, 1, rows),
        next_head(START, 2, rows),
        next_head(START, 1, rows[::-1]),
        next_head(START, 1, rows[:1]),
        next_head(START, 1, [(3, b"a" * 32), (2, b"b" * 32)]),
        next_head(START, 1, [(-1, b"a" * 32), (2, b"b" * 32)]),
    ]

    assert len(set(heads)) == len(heads)


def test_digests_are_split_as_they_were_joined() -> None:
    assert split(b"a" * 32 + b"b" * 32) == [b"a" * 32, b"b" * 32]


def test_a_statement_is_read_as_it_was_written() -> None:
    said = Statement(number=3, at=AT, floor_id=-(2**63), last_xid=9, last_id=8, rows=7, head=bytes(32))

    assert statement_of(json.loads(json.dumps(said.shown()))) == said
    assert said.signed_bytes().startswith(b"proofdesk audit seal 1\n{")
