"""The control: the same kind of work as it is usually written with dramatiq on Redis. The message is the work; there is no ledger.

Nothing is made worse than usual: the stock broker with its stock middleware, retries and redelivery, effects in a sensible order.
"""

import io
import os
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from PIL import Image

from pipeline.kernel.storage import Storage

Actor = dramatiq.Actor[Any, Any]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the pipeline reads and writes: object storage, a mail server, and a file with a line for each effect."""

    storage: Storage
    smtp_url: str
    effects: Path


def stock_broker(url: str) -> RedisBroker:
    """As the guide of dramatiq makes it."""
    return RedisBroker(url=url)  # type: ignore[no-untyped-call]


def declare(broker: RedisBroker, places: Places) -> Mapping[str, Actor]:
    """The three steps, each of which sends the next."""

    def inspect(submission_id: str, key: str) -> None:
        body = places.storage.read(places.storage.uploads, key)
        if body is None:
            raise FileNotFoundError(key)
        rendition = _rendition(body)
        if rendition is None:
            _note(places.effects, submission_id)
            told.send(submission_id, "refused")
            return
        places.storage.put_vault(f"{submission_id}.jpg", rendition, media_type="image/jpeg")
        published.send(submission_id)

    def publish(submission_id: str) -> None:
        body = places.storage.read(places.storage.vault, f"{submission_id}.jpg")
        if body is None:
            raise FileNotFoundError(submission_id)
        places.storage.put_public(f"{submission_id}.jpg", body, media_type="image/jpeg")
        _note(places.effects, submission_id)
        told.send(submission_id, "approved")

    def tell(submission_id: str, result: str) -> None:
        _mail(places.smtp_url, submission_id, result)

    inspected = dramatiq.actor(broker=broker)(inspect)
    published = dramatiq.actor(broker=broker)(publish)
    told = dramatiq.actor(broker=broker)(tell)
    return {"inspect": inspected, "publish": published, "tell": told}


def _rendition(body: bytes) -> bytes | None:
    """A smaller picture; a document as it is; None for a picture that is broken."""
    if body.startswith(b"%PDF"):
        return body
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.thumbnail((64, 64))
            image.save(out, "JPEG")
    except OSError:
        return None
    return out.getvalue()


def _note(file: Path, submission_id: str) -> None:
    """One write at the end of the file, which is whole or not there."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{submission_id}\n".encode())
    finally:
        os.close(descriptor)


def _mail(url: str, submission_id: str, result: str) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "results@proofdesk.example", "ada@shop.example.com"
    message["Subject"] = f"Your submission was {result}"
    message["Message-ID"] = make_msgid()
    message["X-Submission-ID"] = submission_id
    message.set_content("That is all.")
    parts = urlsplit(url)
    with smtplib.SMTP(parts.hostname or "localhost", parts.port or 25, timeout=30) as server:
        server.send_message(message)
