"""Where our process touches the world: commits, the object store, the broker, the mail server. Each touch is a point."""

import smtplib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.httpsession import URLLib3Session
from redis import Redis
from redis.client import Pipeline
from sqlalchemy import Engine

from tests.crash.points import Points

COMMANDS = frozenset({"EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT", "NOOP", "RSET"})
MAIL = "the mail"
MAIL_SENT = f"after sending {MAIL}"
"""The final dot has left: from here on nobody can know whether the mail was taken."""


def watch(points: Points, engine: Engine) -> None:
    """Make a point of each side of every touch, for the rest of this process."""
    _replace(engine.dialect, "do_commit", _both_sides(points, lambda *_: "commit"))
    _replace(URLLib3Session, "send", _both_sides(points, _request))
    _replace(Redis, "execute_command", _both_sides(points, _command))
    _replace(Pipeline, "execute", _both_sides(points, lambda *_: "a pipeline to the broker"))
    _watch_mail(points)


Around = Callable[[Callable[..., Any]], Callable[..., Any]]


def _replace(owner: object, name: str, around: Around) -> None:
    setattr(owner, name, around(getattr(owner, name)))


def _both_sides(points: Points, named: Callable[..., str]) -> Around:
    def around(touch: Callable[..., Any]) -> Callable[..., Any]:
        def telling(*args: Any, **kwargs: Any) -> Any:
            name = named(*args, **kwargs)
            points.reached(f"before {name}")
            answer = touch(*args, **kwargs)
            points.reached(f"after {name}")
            return answer

        return telling

    return around


def _request(_session: object, request: Any) -> str:
    """`PUT vault`: the bucket is the first part of the path."""
    return f"{request.method} {urlsplit(request.url).path.split('/')[1]}"


def _command(_client: object, *words: Any, **_options: Any) -> str:
    return str(words[0])


def _watch_mail(points: Points) -> None:
    """A command leaves and is answered. Between the two lies a point of its own only for the mail itself."""
    said = ["a connection"]

    def sending(send: Callable[..., Any]) -> Callable[..., Any]:
        def telling(*args: Any) -> None:
            said[0] = _word(args[1])
            points.reached(f"before sending {said[0]}")
            send(*args)
            if said[0] == MAIL:
                points.reached(MAIL_SENT)

        return telling

    def replying(reply: Callable[..., Any]) -> Callable[..., Any]:
        def telling(*args: Any) -> Any:
            answer = reply(*args)
            points.reached(f"after the answer to {said[0]}")
            return answer

        return telling

    _replace(smtplib.SMTP, "send", sending)
    _replace(smtplib.SMTP, "getreply", replying)


def _word(sent: str | bytes) -> str:
    """The command in a line; else it is the mail itself."""
    line = sent if isinstance(sent, str) else ""
    word = line.strip().partition(" ")[0].upper()
    return word if word in COMMANDS else MAIL
