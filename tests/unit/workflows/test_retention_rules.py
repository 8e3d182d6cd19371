from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from config.policy import load_policy
from pipeline.policy.retention import CLOSED, Retention, is_over
from pipeline.submission.lifecycle import OPEN, State

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAYS = {"approved": 30, "withdrawn": 1}
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "closed_at", "over"),
    [
        ("approved", NOW - 31 * DAY, True),
        ("approved", NOW - 30 * DAY, False),
        ("approved", NOW - 29 * DAY, False),
        ("withdrawn", NOW - 31 * DAY, True),
        ("withdrawn", NOW - 2 * DAY, True),
        ("withdrawn", NOW, False),
        ("in_review", None, False),
        ("approved", None, False),
        ("of_a_later_version", NOW - 9999 * DAY, False),
    ],
)
def test_a_kind_is_over_by_the_days_of_its_state(state: str, closed_at: datetime | None, *, over: bool) -> None:
    assert is_over(state, closed_at, days=DAYS, now=NOW) is over


def test_every_state_in_which_a_submission_ends_has_its_days() -> None:
    assert set(CLOSED) == {state.value for state in State} - {state.value for state in OPEN}


@pytest.mark.parametrize("kind", ["originals", "renditions", "facts", "fingerprints", "mails"])
def test_a_table_without_one_of_the_states_is_refused(kind: str) -> None:
    shipped = load_policy().retention.model_dump()
    shipped[kind].pop("withdrawn")

    with pytest.raises(ValidationError, match="withdrawn"):
        Retention.model_validate(shipped)
