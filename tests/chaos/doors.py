"""The three doors as clients use them who repeat everything, with the same key, until it is answered."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import dramatiq
import httpx
from redis.exceptions import RedisError

from cli.demo.clients import Api, AwayError, put_file
from pipeline.kernel.errors import StorageUnavailable
from tests.chaos.errands import Door, Errand, file_of
from tests.chaos.ground import Ground
from tests.chaos.journal import Journal
from tests.chaos.progress import say
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.workers import message

PATIENCE_SECONDS: Final = 240
COMMAND_SECONDS: Final = 120
LAST_WORDS: Final = 500
GLANCE_SECONDS: Final = 0.4
LOOKS_SECONDS: Final = (2.5, 3, 5)
"""When the sender of a message looks whether it arrived, each time after a longer wait; after the last it sends it again."""
REPEATED: Final = 10
"""Every so manieth request is repeated after its answer."""
PAUSE: Final = threading.Event()
"""Never set: waiting on it is how a client pauses."""
HELD_CONNECTIONS: Final = threading.BoundedSemaphore(8)
"""The store's client holds so many connections; one more would be opened and closed for a single file."""


class Unanswered(Exception):
    """No answer yet; to be tried again."""


class Way(ABC):
    """How an errand gets through one door."""

    def __init__(self, ground: Ground, api: Api, journal: Journal) -> None:
        self.ground, self.api, self.journal = ground, api, journal

    def run(self, errand: Errand) -> None:
        """Try until the door has answered; what it said is in the journal."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                return self.once(errand)
            except (AwayError, Unanswered, httpx.TransportError):
                PAUSE.wait(GLANCE_SECONDS)
        return self.journal.complain(f"{errand.label} was not answered within {PATIENCE_SECONDS} s")

    @abstractmethod
    def once(self, errand: Errand) -> None:
        """One try. Raises Unanswered or what the client raises when nobody answers."""

    def body(self, errand: Errand) -> dict[str, Any]:
        """The submission; its file lies in a slot of its own, or where a service put it that has keys of the store itself."""
        content, media_type = file_of(errand)
        purpose = "avatar" if errand.kind == "avatar" else "material"
        into = self._with_keys_of_their_own if errand.number % 2 else self._into_a_slot
        key = into(errand, content, purpose=purpose, media_type=media_type)
        if errand.kind == "avatar":
            return avatar_body(key, member_id=errand.member_id, media_type=media_type, length=len(content))
        return verification_body({"bank_statement": key}, member_id=errand.member_id, stage=errand.stage)

    def _into_a_slot(self, errand: Errand, content: bytes, *, purpose: str, media_type: str) -> str:
        asked = {"purpose": purpose, "media_type": media_type, "length": len(content)}
        slot = self.api.post("/v1/uploads", asked, key=f"slot-{errand.label}").raise_for_status().json()
        put_file(slot, content)
        return str(slot["key"])

    def _with_keys_of_their_own(self, errand: Errand, content: bytes, *, purpose: str, media_type: str) -> str:
        key = f"{purpose}/{errand.label}"
        try:
            with HELD_CONNECTIONS:
                self.ground.services.storage.put_upload(key, content, media_type=media_type)
        except StorageUnavailable as error:
            raise Unanswered(errand.label) from error
        return key


class OverHttp(Way):
    """`POST /v1/submissions`."""

    def once(self, errand: Errand) -> None:
        """Upload and submit; some submit again, as a client does that lost the answer."""
        body = self.body(errand)
        for _ in range(1 + (errand.number % REPEATED == 0)):
            answer = self.api.post("/v1/submissions", body, key=errand.label)
            if answer.status_code == HTTPStatus.ACCEPTED:
                self.journal.accept(errand, answer.json()["id"])
            else:
                self.journal.refuse(errand, answer.json()["code"])


class OverQueue(Way):
    """A message on `intake`. The broker may forget it, so the sender looks whether it arrived, and sends it again."""

    def once(self, errand: Errand) -> None:
        """Enqueue, then look until it is there or it is time to send it again."""
        if errand.what == "poison":
            self.journal.planted.add(errand.label)
            return self._enqueue(errand, {"kind": "nothing that we know"})
        self._enqueue(errand, self.body(errand))
        for pause in LOOKS_SECONDS:
            PAUSE.wait(pause)
            found = self.api.get("/v1/submissions", correlation_id=errand.label)["items"]
            for each in found:
                self.journal.accept(errand, each["id"])
            if found:
                return None
        raise Unanswered(errand.label)

    def _enqueue(self, errand: Errand, submission: Mapping[str, Any]) -> None:
        keys = {"idempotency_key": errand.label, "correlation_id": errand.label}
        try:
            self.ground.services.broker.enqueue(message(submission=submission, **keys))
        except (RedisError, OSError, dramatiq.DramatiqError) as error:
            raise Unanswered(errand.label) from error


class OverCommand(Way):
    """`proofdesk submit`, an avatar each."""

    def once(self, errand: Errand) -> None:
        """Run the command, with the errand's key."""
        person = member()
        options = ["--name", person["name"], "--email", person["email"], "--idempotency-key", errand.label, "--json"]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"{errand.label}.jpg")  # by the same name each time: it belongs to what is sent
            file.write_bytes(file_of(errand)[0])
            command = [sys.executable, "-m", "cli", "submit", str(file), "--member", errand.member_id, *options]
            self.journal.accept(errand, json.loads(_printed(command, self.ground.environment))["id"])


WAYS: Final[Mapping[Door, type[Way]]] = {"http": OverHttp, "queue": OverQueue, "cli": OverCommand}


def _printed(command: list[str], environment: Mapping[str, str]) -> bytes:
    try:
        return subprocess.run(command, env=environment, capture_output=True, check=True, timeout=COMMAND_SECONDS).stdout
    except subprocess.SubprocessError as error:
        said = (error.stderr or b"").decode(errors="replace")[-LAST_WORDS:]  # type: ignore[attr-defined]
        say(f"a command is repeated: {type(error).__name__} {said}")
        raise Unanswered(command[3]) from error
