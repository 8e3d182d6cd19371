from datetime import UTC, datetime


def now() -> datetime:
    """The time, aware and in UTC. Rules never call this: they take `now`."""
    return datetime.now(UTC)
