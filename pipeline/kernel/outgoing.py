"""Requests to addresses that somebody else wrote: the address is checked when the connection is made, and a whole request has a deadline.

A name is resolved once, each of its addresses is checked, and the connection goes to a checked one; so a name that leads elsewhere a
moment later leads nowhere. TLS and the Host header keep the name.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Unanswered
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import httpcore
import httpx

from pipeline.kernel.rules.addresses import Reach, reach_of

KEPT_BYTES: Final = 4096
"""How much of an answer is read."""

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host. Raises OSError."""

_ENDS_AT: ContextVar[float] = ContextVar("ends_at")
_RESOLVERS: Final = 32
_KEPT_CONNECTIONS: Final = 20


class AddressRefused(httpcore.ConnectError):
    """The name leads to an address that is not public, and the settings do not name it as a host inside."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, and the first bytes of the body as they came, with no encoding undone."""

    status: int
    body: bytes


class Outgoing:
    """A client for addresses that somebody else wrote. `inside` are the hosts that may have private addresses, by name."""

    def __init__(
        self,
        *,
        inside: Iterable[str] = (),
        resolve: Resolve | None = None,
        sockets: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        sockets = sockets or httpcore.SyncBackend()
        self._backend = _CheckedBackend(frozenset(map(_plain, inside)), resolve or _resolved, sockets)
        self._client = httpx.Client(
            transport=_CheckedTransport(self._backend, tls or httpx.create_ssl_context(trust_env=False)),
            trust_env=False,
            follow_redirects=False,
        )

    def post(self, url: str, *, body: bytes, headers: dict[str, str], seconds: float) -> Answer:
        """Post, and read the status and at most `KEPT_BYTES`; all of it within `seconds`. Raises httpx.HTTPError, httpx.InvalidURL.

        Redirects are not followed, and a compressed body is not unpacked.
        """
        asked = {**headers, "accept-encoding": "identity"}
        with (
            _deadline(seconds),
            self._client.stream("POST", url, content=body, headers=asked, timeout=seconds) as answer,
        ):
            return Answer(answer.status_code, _first(answer.iter_raw()))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._backend.close()


def refusal_of(error: BaseException) -> str | None:
    """The words of an AddressRefused that an error of httpx stands for."""
    cause = error.__cause__
    return str(cause) if isinstance(cause, AddressRefused) else None


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    token = _ENDS_AT.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ENDS_AT.reset(token)


def _left(otherwise: type[Exception]) -> float:
    """The seconds until the deadline of the request under way. Raises `otherwise` when it is over."""
    left = _ENDS_AT.get() - time.monotonic()
    if left <= 0:
        raise otherwise("The request took too long.")
    return left


def _first(parts: Iterator[bytes]) -> bytes:
    kept = b""
    for part in parts:
        kept += part[: KEPT_BYTES - len(kept)]
        if len(kept) >= KEPT_BYTES:
            break
    return kept


def _plain(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").lower()


def _resolved(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _CheckedTransport(httpx.HTTPTransport):
    """httpx's transport over a pool whose connections are checked."""

    def __init__(self, backend: httpcore.NetworkBackend, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=None,  # who sends is bounded elsewhere; a bound here would let one host's requests wait for another's
            max_keepalive_connections=_KEPT_CONNECTIONS,
            keepalive_expiry=5,
            network_backend=backend,
        )


class _CheckedBackend(httpcore.NetworkBackend):
    """Opens connections to public addresses only, and to those of named hosts inside."""

    def __init__(self, inside: frozenset[str], resolve: Resolve, sockets: httpcore.NetworkBackend) -> None:
        self._inside, self._resolve, self._sockets = inside, resolve, sockets
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolver")
        self._under_way: dict[tuple[str, int], Future[Sequence[str]]] = {}
        self._one = threading.Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  (the whole request has a deadline)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to one of the host's addresses. Raises AddressRefused where one of them may not be asked."""
        failure: Exception = httpcore.ConnectError("The name has no address.")
        for address in self._checked(host, port):
            left = _left(httpcore.ConnectTimeout)
            try:
                return _Timed(self._sockets.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:  # noqa: ARG002
        """Never."""
        raise AddressRefused("The address is a file of this machine.")

    def close(self) -> None:
        """End the threads that resolve."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    def _resolving(self, host: str, port: int) -> Future[Sequence[str]]:
        """The look-up of this name that is under way, or a new one: a name that is not answered holds one thread, however often it is asked."""
        with self._one:
            found = self._under_way.get((host, port))
            if found is None or found.done():
                found = self._resolvers.submit(self._resolve, host, port)
                self._under_way = {each: going for each, going in self._under_way.items() if not going.done()}
                self._under_way[host, port] = found
            return found

    def _checked(self, host: str, port: int) -> Sequence[str]:
        allowed = {Reach.PUBLIC, Reach.INSIDE} if _plain(host) in self._inside else {Reach.PUBLIC}
        try:
            found = self._resolving(host, port).result(_left(httpcore.ConnectTimeout))
        except Unanswered as error:
            raise httpcore.ConnectTimeout("The name was not resolved in time.") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("The name cannot be resolved.") from error
        if any(reach_of(each) not in allowed for each in found):
            raise AddressRefused(
                "The address is not public. A host inside must be named in PROOFDESK_WEBHOOK_INSIDE_HOSTS."
            )
        return found


class _Timed(httpcore.NetworkStream):
    """A connection on which each step ends with the deadline of the request under way."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Read what there is."""
        return self._stream.read(max_bytes, _left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Write all of it."""
        self._stream.write(buffer, _left(httpcore.WriteTimeout))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Speak TLS to the host of that name."""
        left = _left(httpcore.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)
