"""One structlog event for each unit of work: JSON in production, coloured text on a terminal."""

import json
import logging
import sys
from typing import Any, Final, Literal

import orjson
import structlog
from dramatiq import Message, MessageProxy

from pipeline.kernel.rules.hidden import hidden
from pipeline.kernel.rules.visible import visible, visible_in_json

_SHARED: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_RENDERER: Final = structlog.dev.ConsoleRenderer(
    colors=True,
    pad_event_to=24,
    exception_formatter=structlog.dev.plain_traceback,  # the rich one prints local variables, and so members' data
)


def _render_console(logger: Any, method: str, event: dict[str, Any]) -> str:
    """The event as coloured text; what others chose in it cannot reach the terminal as anything but text."""
    shown = {name: visible(each) if isinstance(each, str) else each for name, each in event.items()}
    return hidden(str(_RENDERER(logger, method, shown)))


def _render_json(logger: Any, method: str, event: dict[str, Any]) -> str:
    """The event as one line of JSON."""
    return visible_in_json(hidden(str(_TO_JSON(logger, method, event))))


_QUIET: Final = ("botocore", "boto3", "urllib3", "s3transfer", "alembic.runtime.migration", "httpx", "httpcore")


def configure_logging(
    process: str, *, log_format: Literal["json", "console", "auto"] = "auto", level: str = "INFO"
) -> None:
    """Set up logging for one process; its name is on every line. Lines of libraries get the same format."""
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    renderers: list[Any] = [_render_console] if console else [structlog.processors.format_exc_info, _render_json]
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _named(process), *renderers],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(_name_messages)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def readable(line: str) -> str:
    """A line of our JSON log as a terminal shows it; any other line as it is."""
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return visible(line)
    if not isinstance(event, dict) or "event" not in event:
        return visible(line)
    event.pop("process", None)
    event["timestamp"] = str(event.get("timestamp", ""))[11:23]
    return _render_console(None, "", event)


def _dumps(value: Any, **_: Any) -> str:
    """The event as JSON. The slower json module writes what orjson cannot (a huge number, half a surrogate pair)."""
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:
        return json.dumps(value, default=str)


_TO_JSON: Final = structlog.processors.JSONRenderer(serializer=_dumps)


def _name_messages(record: logging.LogRecord) -> bool:
    """Replace dramatiq messages by their actor and id: their arguments hold members' data."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            f"{each.actor_name} {each.message_id}" if isinstance(each, Message | MessageProxy) else each
            for each in record.args
        )
    return True


def _named(process: str) -> Any:
    def add(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"process": process, **event}

    return add
