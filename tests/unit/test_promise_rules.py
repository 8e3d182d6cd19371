from datetime import UTC, datetime, timedelta

import pytest

from pipeline.workflows.rules.sla import LOOK_AGAIN, Look, Seen, Sign, look_at

DUE = datetime(2026, 11, 20, 9, tzinfo=UTC)
BEFORE, LATE = DUE - timedelta(hours=8), DUE
OPEN = Seen(is_open=True, is_settled=False, was_warned=False, due_at=DUE)
WARNED = Seen(is_open=True, is_settled=False, was_warned=True, due_at=DUE)
DECIDED = Seen(is_open=False, is_settled=False, was_warned=False, due_at=DUE)
TOLD = Seen(is_open=False, is_settled=True, was_warned=False, due_at=DUE)


@pytest.mark.parametrize(
    ("seen", "now", "look"),
    [
        (OPEN, BEFORE, Look(Sign.DUE_SOON, DUE)),
        (OPEN, LATE, Look(Sign.OVERDUE, None)),
        (WARNED, BEFORE, Look(None, DUE)),
        (WARNED, LATE, Look(Sign.OVERDUE, None)),
        (DECIDED, BEFORE, Look(None, BEFORE + LOOK_AGAIN)),
        (DECIDED, DUE - LOOK_AGAIN / 2, Look(None, DUE)),
        (DECIDED, LATE, Look(Sign.OVERDUE, None)),
        (TOLD, BEFORE, Look(None, None)),
        (TOLD, LATE, Look(None, None)),
    ],
)
def test_each_sign_has_its_moment(seen: Seen, now: datetime, look: Look) -> None:
    assert look_at(seen, now) == look
