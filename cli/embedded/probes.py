"""Checks that a server answers by its own protocol. A probe returns, or raises one of NOT_READY."""

import http.client
import smtplib
from typing import Final
from urllib.parse import urlsplit

import psycopg
import redis

SECONDS: Final = 2
SERVER_ERROR: Final = 500


class NoAnswerError(Exception):
    """The server answers with an error."""


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
    """Read the banner and send NOOP."""
    parts = urlsplit(url)
    opening = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with opening(parts.hostname or "", parts.port or 0, timeout=SECONDS) as client:
        client.noop()


def web(url: str) -> None:
    """Request a page and accept any answer below 500, such as a refusal without credentials."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= SERVER_ERROR:
        raise NoAnswerError(f"it answers with status {status}")


def libpq_url(url: str) -> str:
    """The address for PostgreSQL's own library: without the name of a Python driver."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"
