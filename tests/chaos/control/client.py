"""The clients of the control, and how they see what became of their messages."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, Final

import dramatiq
from redis.exceptions import RedisError

from pipeline.kernel.errors import RetryableError
from tests.chaos.control.ground import EFFECTS
from tests.chaos.control.pipeline import Places, declare, stock_broker
from tests.chaos.errands import Errand, file_of
from tests.chaos.ground import Ground

SENDERS: Final = 12
PATIENCE_SECONDS: Final = 240
GLANCE_SECONDS: Final = 0.3
QUIET_SECONDS: Final = 6
QUEUE: Final = "default"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often each submission had its effect, and how many different mails told of it."""

    effects: Mapping[str, int]
    mails: Mapping[str, int]

    def ended(self, label: str) -> bool:
        """It had its effect and its mail."""
        return bool(self.effects.get(label) and self.mails.get(label))

    def twice(self, label: str) -> bool:
        """It had one of them more than once."""
        return self.effects.get(label, 0) > 1 or self.mails.get(label, 0) > 1


class Client:
    """Puts files where they belong and sends messages. `sent` are those that the broker took."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        self._ground, self._effects = ground, folder / EFFECTS
        settings = ground.tools.settings
        self.broker = stock_broker(settings.broker_url)
        self._actors = declare(self.broker, Places(ground.tools.storage, settings.smtp_url, self._effects))
        self._pause = threading.Event()
        self._told: dict[Path, tuple[str, str]] = {}
        self.sent: list[str] = []

    def flow(self, errands: Sequence[Errand], seconds: float) -> None:
        """Send all of them over so many seconds."""
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as senders:
            answers = []
            for errand in sorted(errands, key=lambda each: each.at):
                self._pause.wait(max(0, began + errand.at * seconds - time.monotonic()))
                answers.append(senders.submit(self.send, errand))
        for answer in answers:
            answer.result()

    def send(self, errand: Errand) -> None:
        """Try until the broker has taken the message."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with suppress(RetryableError, RedisError, OSError, dramatiq.DramatiqError):
                return self._send(errand)
            self._pause.wait(GLANCE_SECONDS)
        return None

    def outcome(self, deadline_seconds: float) -> Outcome:
        """What came of all that was sent, once it has ended, or nothing is left that could, or the deadline is over."""
        deadline = time.monotonic() + deadline_seconds
        latest, since = self._seen(), time.monotonic()
        while time.monotonic() < deadline and not all(latest.ended(label) for label in self.sent):
            self._pause.wait(GLANCE_SECONDS)
            seen = self._seen()
            if seen != latest or self._is_waited_for():
                latest, since = seen, time.monotonic()
            elif time.monotonic() - since > QUIET_SECONDS:
                break
        return latest

    def held(self) -> list[str]:
        """Of which submissions the broker holds a message that may still be worked on. Raises RedisError."""
        client = self._ground.tools.broker.client
        found: Any = [client.hvals(f"dramatiq:{name}.msgs") for name in (QUEUE, f"{QUEUE}.DQ")]
        return sorted(str(dramatiq.Message.decode(raw).args[0]) for messages in found for raw in messages)

    def close(self) -> None:
        """Close the connections to the broker."""
        self.broker.close()
        self.broker.client.close()

    def _is_waited_for(self) -> bool:
        try:
            return bool(self.held())
        except RedisError:
            return True

    def _send(self, errand: Errand) -> None:
        body, media_type = file_of(errand)
        key = f"plain/{errand.label}"
        self._ground.tools.storage.put_upload(key, body, media_type=media_type)
        self._actors["inspect"].send(errand.label, key)
        self.sent.append(errand.label)

    def _seen(self) -> Outcome:
        lines = self._effects.read_text().split() if self._effects.exists() else []
        for file in Path(self._ground.environment["PROOFDESK_MAIL_FOLDER"]).glob("*.eml"):
            if file not in self._told:
                self._told[file] = _told(file)
        return Outcome(Counter(lines), Counter(submission_id for submission_id, _ in set(self._told.values())))


def _told(file: Path) -> tuple[str, str]:
    """Of which submission a mail tells, and its Message-ID."""
    with file.open("rb") as mail:
        headers = BytesHeaderParser().parse(mail)
    return str(headers["X-Submission-ID"]), str(headers["Message-ID"])
