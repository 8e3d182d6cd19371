"""How hard Hypothesis tries: the same few examples in an ordinary run, many new ones with `--hypothesis-profile long`."""

from hypothesis import HealthCheck, Phase, settings

SAME, LONG = "same", "long"

settings.register_profile(
    SAME, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(SAME)  # an option of the command line may name another one afterwards

_BOUNDED = settings(
    max_examples=20,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # an example is short enough to read as it is; to shrink one takes minutes on real servers
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    LONG, _BOUNDED, max_examples=300, stateful_step_count=60, derandomize=False, phases=[Phase.generate, Phase.shrink]
)


def effort(*, examples: int, steps: int) -> settings:
    """So many examples of so many steps, always the same ones; in the long profile what that says."""
    if settings.get_current_profile_name() == LONG:
        return settings.get_profile(LONG)
    return settings(_BOUNDED, max_examples=examples, stateful_step_count=steps)
