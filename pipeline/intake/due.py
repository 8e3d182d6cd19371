from datetime import datetime

from pipeline.calendars import calendar_of
from pipeline.policy import Policy
from pipeline.working_days import Due, avatar_due, verification_due
from schemas.submissions import AvatarSubmission, VerificationSubmission


def due_of(command: AvatarSubmission | VerificationSubmission, now: datetime, policy: Policy) -> Due:
    """When the result of a submission accepted `now` is promised and aimed at, with the rule behind it (DOMAIN §7.4)."""
    clock = policy.clock
    if isinstance(command, AvatarSubmission):
        return avatar_due(now, hours=clock.avatar_hours, warning_hours=clock.avatar_warning_hours, since="acceptance")
    return verification_due(
        now,
        target=clock.verification_target_days,
        promise=clock.verification_promise_days,
        warning_hours=clock.verification_warning_hours,
        calendar=calendar_of(clock),
        opens=clock.opens,
        closes=clock.closes,
    )
