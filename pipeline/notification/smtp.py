import smtplib
import ssl
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import idna

from pipeline.kernel.circuit_breaker import Circuit
from pipeline.kernel.errors import (
    MailAmbiguous,
    MailCircuitOpen,
    MailDeferred,
    MailRefused,
    MailUnavailable,
    Misconfigured,
    RetryableError,
)

TIMEOUT_SECONDS: Final = 8
_TAKEN: Final = 250
_PERMANENT: Final = 500
_CLOSING: Final = 421
"""RFC 5321, 3.8: the service is not available and the connection is closed. Any other 4xx is about this one mail."""
_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Mailer:
    """An SMTP client for `smtp://`, `smtp+starttls://` or `smtps://[USER:PASSWORD@]host[:port]`, behind a circuit."""

    def __init__(self, url: str, *, circuit: Circuit | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Misconfigured("PROOFDESK_SMTP_URL must look like smtp+starttls://USER:PASSWORD@host:587")
        self._scheme, self._host = parts.scheme, parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._kept = threading.local()
        self._open: set[smtplib.SMTP] = set()
        self.circuit = circuit or mail_circuit()

    def hand_over(self, sender: str, recipient: str, message: bytes) -> None:
        """Hand over one mail. `message` is complete, with CRLF line ends.

        Raises MailUnavailable or MailDeferred (surely not taken), MailRefused (never will be) or MailAmbiguous (perhaps taken).
        """
        with self.circuit.calling():
            self._hand_over(sender, recipient, message)

    def _hand_over(self, sender: str, recipient: str, message: bytes) -> None:
        connection = self._envelope(sender, recipient)
        try:
            code, answer = connection.data(message)
        except smtplib.SMTPDataError as error:
            self._drop()
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise MailAmbiguous("The connection broke while the mail was handed over.") from error
        if code != _TAKEN:
            self._drop()
            raise _refusal(code, answer)

    def ping(self) -> str:
        """Greets the server and leaves again; says who answered. Raises MailUnavailable."""
        with self.circuit.calling():
            code = self._greeted()
        return f"{self._host}:{self._port} answered {code}"

    def close(self) -> None:
        """Close the connections of all threads, those too that have ended."""
        for connection in tuple(self._open):
            connection.close()
        self._open.clear()

    def _greeted(self) -> int:
        connection = self._connection()
        try:
            return connection.noop()[0]
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"The mail server does not answer: {type(error).__name__}.") from error
        finally:
            self._drop()

    def _envelope(self, sender: str, recipient: str) -> smtplib.SMTP:
        """A connection on which MAIL and RCPT were taken; a kept one that has gone stale is replaced once."""
        for fresh in (False, True):
            connection = self._connection(fresh=fresh)
            try:
                options = _options(connection, recipient)
                self._command(connection, partial(smtplib.SMTP.mail, sender=sender, options=options))
                self._command(connection, lambda it: it.rcpt(recipient))
            except (OSError, smtplib.SMTPServerDisconnected) as error:
                self._drop()
                if fresh:
                    raise MailUnavailable("The mail server closed the connection.") from error
            else:
                return connection
        raise MailUnavailable("The mail server closed the connection.")

    def _command(self, connection: smtplib.SMTP, command: Callable[[smtplib.SMTP], tuple[int, bytes]]) -> None:
        code, answer = command(connection)
        if code not in {_TAKEN, 251}:
            self._drop()
            raise _refusal(code, answer)

    def _connection(self, *, fresh: bool = False) -> smtplib.SMTP:
        kept: smtplib.SMTP | None = getattr(self._kept, "connection", None)
        if kept is not None and not fresh:
            return kept
        self._drop()
        try:
            connection = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"The mail server cannot be reached: {type(error).__name__}.") from error
        self._kept.connection = connection
        self._open.add(connection)
        return connection

    def _connect(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        if self._scheme == "smtp+starttls":
            connection.starttls(context=ssl.create_default_context())
        connection.ehlo_or_helo_if_needed()
        if self._login:
            connection.login(*self._login)
        return connection

    def _drop(self) -> None:
        kept: smtplib.SMTP | None = getattr(self._kept, "connection", None)
        self._kept.connection = None
        if kept is not None:
            self._open.discard(kept)
            kept.close()


def mail_circuit(**numbers: Any) -> Circuit:
    """The circuit round a mail server: what is asked of one mail alone does not open it."""
    return Circuit("mail server", away=(MailUnavailable, MailAmbiguous), refusal=MailCircuitOpen, **numbers)


def _refusal(code: int, answer: bytes | str) -> MailRefused | RetryableError:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    if code >= _PERMANENT:
        return MailRefused(f"The mail server refuses the mail: {code} {words}")
    kind = MailUnavailable if code == _CLOSING else MailDeferred
    return kind(f"The mail server asks to come back later: {code} {words}")


def envelope_address(address: str) -> str:
    """The address with its domain in the letters that every mail server takes (RFC 5891). Raises MailRefused.

    A name before the @ in other letters stays as it is: it is handed over by SMTPUTF8 (RFC 6531).
    """
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{idna.encode(domain, uts46=True).decode()}"
    except (UnicodeError, idna.IDNAError) as error:
        raise MailRefused(
            "The address has letters that mail servers do not take. Ask the member for another."
        ) from error


def _options(connection: smtplib.SMTP, recipient: str) -> tuple[str, ...]:
    """What MAIL asks of the server for this recipient. Raises MailRefused where it must take SMTPUTF8 and does not."""
    if recipient.isascii():
        return ()
    if not connection.has_extn("smtputf8"):
        raise MailRefused("The mail server takes no address with other letters than ASCII before the @ (SMTPUTF8).")
    return ("SMTPUTF8", "BODY=8BITMIME")
