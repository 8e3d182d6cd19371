"""A mail server for trials and tests: it accepts every mail, delivers none, and keeps each as a file."""

import argparse
import asyncio
import contextlib
import hashlib
import itertools
import logging
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from cli.embedded.ports import LOOPBACK

LARGEST_MAIL: Final = 50_000_000
UNFINISHED: Final = ".unfinished"
logger = logging.getLogger(__name__)


class Folder:
    """Keeps mails as files, one each, named by the time in UTC and a short hash."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = itertools.count()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in path.glob(f".*{UNFINISHED}"):  # not acknowledged, so its sender sends it again
            leftover.unlink(missing_ok=True)

    def keep(self, content: bytes, *, sender: str, recipients: list[str], now: datetime) -> Path:
        """Write the mail, with its envelope as headers before its own. When this returns, the whole file is on the disk."""
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n".encode()
        serial = f"{os.getpid()} {next(self._count)} {now.timestamp()}".encode()
        short_hash = hashlib.sha256(serial + envelope + content).hexdigest()[:12]
        final = self._path / f"{now:%Y%m%dT%H%M%S.%fZ}-{short_hash}.eml"
        temporary = self._path / f".{final.name}{UNFINISHED}"
        try:
            _write_durably(temporary, envelope + content)
            temporary.rename(final)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(self._path)
        return final


class Handler:
    """Keeps each mail that the server gets."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        """Answer 250 only for a mail that is on the disk; otherwise ask the sender to try again."""
        content = envelope.original_content or b""
        try:
            path = self._folder.keep(
                content,
                sender=envelope.mail_from or "",
                recipients=envelope.rcpt_tos,
                now=datetime.now(UTC),
            )
        except OSError as error:
            logger.error("mail.refused %s", error.strerror)  # noqa: TRY400 the cause is one line
            return "452 The mail could not be stored; try again later"
        logger.info("mail.kept %s", path.name)
        return "250 OK"


async def serve(port: int, folder: Path) -> None:
    """Accept mail on the loopback interface until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    handler = Handler(Folder(folder))
    server = await loop.create_server(lambda: _session(handler), LOOPBACK, port)
    logger.info("mail.listening %s", port)
    await stopping.wait()
    server.close()


def _session(handler: Handler) -> SMTP:
    return SMTP(
        handler,
        data_size_limit=LARGEST_MAIL,
        enable_SMTPUTF8=True,
        hostname="localhost",
        ident="Proofdesk mail sink",
        loop=asyncio.get_running_loop(),
    )


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems do not support it
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd logs each command there
    asyncio.run(serve(options.port, options.folder))


if __name__ == "__main__":
    main()
