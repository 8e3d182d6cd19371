"""Ask a server whether it answers in its own language. Each probe returns quietly or raises one of NOT_READY."""

import http.client
import smtplib
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import psycopg
import redis

SECONDS: Final = 2
SERVER_ERROR: Final = 500
Probe = Callable[[str], None]


class NoAnswerError(Exception):
    """Something answers at the address, but not as it should."""


NOT_READY: Final = (OSError, psycopg.Error, redis.RedisError, http.client.HTTPException, NoAnswerError)


def database(url: str) -> None:
    """Run a statement."""
    with psycopg.connect(libpq_url(url), connect_timeout=SECONDS) as connection:
        connection.execute("SELECT 1")


def broker(url: str) -> None:
    """Exchange a ping."""
    with redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
        client.ping()


def mail(url: str) -> None:
    """Read the banner and say goodbye."""
    parts = urlsplit(url)
    opening = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with opening(parts.hostname or "", parts.port or 0, timeout=SECONDS) as client:
        client.noop()


def web(url: str) -> None:
    """Ask for a page and accept any answer that is no server error, a refusal for want of credentials too."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= SERVER_ERROR:
        raise NoAnswerError(f"it answers with status {status}")


def libpq_url(url: str) -> str:
    """Return the address as PostgreSQL's own library reads it: without the name of a Python driver."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"
