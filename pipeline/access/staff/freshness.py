"""What is done to people, keys and second factors needs somebody who has just shown who they are."""

from datetime import datetime, timedelta

from pipeline.kernel.errors import Forbidden
from pipeline.policy.sign_in import SignIn


class SignInStale(Forbidden):
    """What was asked for needs somebody who has just signed in."""

    code = "sign_in_stale"


def require_fresh(proved_at: datetime, *, now: datetime, rules: SignIn) -> None:
    """Raises SignInStale where the person showed too long ago who they are."""
    if now - proved_at > timedelta(minutes=rules.fresh_minutes):
        raise SignInStale(
            f"This needs somebody who signed in within the last {rules.fresh_minutes} minutes. Sign in once more; nothing is lost."
        )
