"""The queue door: `accept_submission` on queue `intake`, for services that share the broker."""

from typing import Any, Final

import dramatiq
import structlog
from dramatiq.middleware import CurrentMessage

from config.container import Container
from pipeline.intake.parked import QueueMessage, accept_message, park_message
from pipeline.kernel import clock
from pipeline.tasks.ledger import in_words, is_outage
from workers.actors import PRIORITY

ACTOR: Final = "accept_submission"
QUEUE: Final = "intake"
_MAX_RETRIES: Final = 1_000_000
MOST_TRIES: Final = 20
"""How often a message is tried that fails by a fault of ours: for about six minutes."""
_LONGEST_KEY: Final = 200


def declare(tools: Container) -> None:
    """Declare the door's actor. Its messages are not in the ledger yet, so dramatiq retries them while the database is away.

    What fails by no outage is tried a bounded number of times, then parked with its reason.
    """

    def accept_submission(*args: Any, **kwargs: Any) -> None:
        message = _message(args, kwargs)
        structlog.contextvars.bind_contextvars(correlation_id=message.correlation_id)
        try:
            accept_message(message, now=clock.now(), context=tools.intake)
        except Exception as error:
            if is_outage(error) or _failed_before() < MOST_TRIES - 1:
                raise
            park_message(message.as_payload(), reason=in_words(error), dedup=message.parked_as, db=tools.db)

    dramatiq.actor(
        broker=tools.broker,
        actor_name=ACTOR,
        queue_name=QUEUE,
        priority=PRIORITY[QUEUE],
        time_limit=30_000,
        max_retries=_MAX_RETRIES,
        min_backoff=500,
        max_backoff=30_000,
    )(accept_submission)


def _message(args: tuple[Any, ...], kwargs: dict[str, Any]) -> QueueMessage:
    """`args[0]` or `submission=` is the submission. The key defaults to the message's id, so a redelivery is accepted once.

    `service=` is the service that sends it, as its keys name it.
    """
    current = CurrentMessage.get_current_message()
    message_id = current.message_id if current else ""
    submission = args[0] if len(args) == 1 else kwargs.get("submission")
    key = _short(kwargs.get("idempotency_key")) or message_id
    trace = _short(kwargs.get("correlation_id")) or message_id
    return QueueMessage(submission, key, trace, kwargs.get("service"))


def _failed_before() -> int:
    current = CurrentMessage.get_current_message()
    return int(current.options.get("retries", 0)) if current else 0


def _short(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_KEY and value.isprintable() else None
