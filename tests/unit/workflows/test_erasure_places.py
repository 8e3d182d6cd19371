"""Every table says what an erasure does in it."""

from uuid import UUID

import pytest
from sqlalchemy import Table

from pipeline.migrations import metadata
from pipeline.workflows.erasure.places import PLACES, Place
from pipeline.workflows.erasure.subject import Subject

HOLDS_NO_MEMBER = {
    "api_key": "keys of services and of people at the desk",
    "password": "of people at the desk",
    "session": "of people at the desk",
    "invitation": "of people at the desk",
    "sign_in_tries": "hashes of accounts and addresses at the desk",
    "provider_identity": "of people at the desk",
    "provider_visit": "of people at the desk",
    "signing_key": "ours",
    "policy_text": "ours",
    "schedule_run": "ours",
    "worker_process": "ours",
    "sweep_mark": "ours",
    "object_deletion": "goes with its object",
    "webhook_endpoint": "of other services",
    "spend_event": "amounts of an order, whose row names its member",
    "second_factor": "of people at the desk",
    "passkey": "of people at the desk",
    "recovery_code": "of people at the desk",
    "second_step": "of people at the desk",
    "passkey_challenge": "of people at the desk",
    "account_opening": "of people at the desk",
    "personal_key": "of people at the desk",
    "audit_seal": "ids and digests of rows of `audit`",
    "audit_tally": "names a member by a digest, as `audit` does, and for two minutes",
    "ownership": "its service sees the erasure until the end, which names the erasure in place of the member by itself",
    "audit": "rows are never changed; they name a member by a digest and hold nothing that somebody wrote",
    "reviewer": "the lists of related members, which `scrub` goes through by itself",
    "webhook_delivery": "goes with its event",
    "erasure": "the erasure itself; it forgets the id at its end",
    "erased_object": "goes at the end of the erasure",
    "held_row": "goes with the hold",
    "member_hold": "by its own end",
}
"""Tables without a place, and why."""

TABLES = metadata.metadata.tables


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_table_is_gone_through_or_says_why_not(table: Table) -> None:
    """A new table fails here: give it a place in `pipeline/workflows/erasure/places.py`, or say above why it holds nothing of a member."""
    places = {place.table.name for place in PLACES}

    assert (table.name in places) != (table.name in HOLDS_NO_MEMBER)


@pytest.mark.parametrize(
    "place", [each for each in PLACES if "member_id" in each.table.c], ids=lambda each: each.table.name
)
def test_a_row_that_stays_loses_its_members_id(place: Place) -> None:
    subject = Subject("m-1", UUID(int=1))
    if place.blank is not None:
        assert place.blank(subject)["member_id"] == "erased/00000000-0000-0000-0000-000000000001"
