from datetime import UTC, datetime, timedelta

import pytest

from pipeline.workflows.rules.sla import LOOK_AGAIN, NextStep, Progress, Sign, next_step

DUE = datetime(2026, 11, 20, 9, tzinfo=UTC)
BEFORE, LATE = DUE - timedelta(hours=8), DUE
OPEN = Progress(is_open=True, is_over=False, was_warned=False, due_at=DUE)
WARNED = Progress(is_open=True, is_over=False, was_warned=True, due_at=DUE)
DECIDED = Progress(is_open=False, is_over=False, was_warned=False, due_at=DUE)
OVER = Progress(is_open=False, is_over=True, was_warned=False, due_at=DUE)


@pytest.mark.parametrize(
    ("progress", "now", "step"),
    [
        (OPEN, BEFORE, NextStep(Sign.DUE_SOON, DUE)),
        (OPEN, LATE, NextStep(Sign.OVERDUE, None)),
        (WARNED, BEFORE, NextStep(None, DUE)),
        (WARNED, LATE, NextStep(Sign.OVERDUE, None)),
        (DECIDED, BEFORE, NextStep(None, BEFORE + LOOK_AGAIN)),
        (DECIDED, DUE - LOOK_AGAIN / 2, NextStep(None, DUE)),
        (DECIDED, LATE, NextStep(Sign.OVERDUE, None)),
        (OVER, BEFORE, NextStep(None, None)),
        (OVER, LATE, NextStep(None, None)),
    ],
)
def test_each_sign_has_its_moment(progress: Progress, now: datetime, step: NextStep) -> None:
    assert next_step(progress, now) == step
