"""Which service sends a submission, whatever the door. Its idempotency keys are the service's, not a credential's and not a door's."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from pipeline.access.rules.keys import RESERVED
from pipeline.intake.records import Door
from pipeline.kernel.idempotency import Once
from pipeline.ownership.owners import adopt
from pipeline.ownership.tables import Owned

KEPT_BEFORE: Final = ("queue", "cli")
"""The doors that kept keys as their own before messages and commands named their service."""


def settled(connection: Connection, member_id: str, door: Door, request: Once | None) -> tuple[Door, Once | None]:
    """The door with its service, and the request by the service's key. The member's lock is held.

    A door without a service speaks for the one that owns the member. Whoever is first makes that settled for both.
    """
    if door.service is None:
        owner = adopt(connection, Owned.MEMBER, member_id, service=door.name)
        if owner in RESERVED:
            return door, request
        door = replace(door, service=owner)
        request = request and replace(request, owner=owner)
    if request is not None and request.owner == door.service:
        request = replace(request, owners_before=KEPT_BEFORE)
    return door, request
