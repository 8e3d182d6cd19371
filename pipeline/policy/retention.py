from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, PositiveInt

from schemas.base import Frozen

CLOSED: Final = ("approved", "rejected", "refused", "expired", "superseded", "withdrawn")
"""The states in which a submission ends."""


def _for_each_state(days: Mapping[str, int]) -> Mapping[str, int]:
    if sorted(days) != sorted(CLOSED):
        raise ValueError(f"give days for each of {', '.join(CLOSED)}, and for nothing else")
    return days


ByState = Annotated[Mapping[str, PositiveInt], AfterValidator(_for_each_state)]
"""Days from the end of a submission, by the state in which it ended."""


class Retention(Frozen):
    """How long each kind of data is kept after its submission ended, in days.

    Of what belongs to no submission: mails from when they were sent, messages from when they were parked.
    """

    originals: ByState
    renditions: ByState
    facts: ByState
    fingerprints: ByState
    mails: ByState
    other_mails: PositiveInt
    parked_messages: PositiveInt


class Erasure(Frozen):
    """Within how many days nothing of an erased member is left."""

    deadline_days: PositiveInt
