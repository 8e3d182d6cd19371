"""Members who are erased among the traffic: at the end nothing of them is left. That nobody else lost anything the other judges see."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import httpx

from cli.demo.clients import Api, AwayError
from pipeline.kernel.errors import ProofdeskError
from pipeline.workflows.erasure.begin import Asked, erase
from pipeline.workflows.erasure.progress import erasure_of
from tests.chaos.ground import Ground
from tests.chaos.journal import Journal
from tests.chaos.papers import picture
from tests.chaos.progress import say
from tests.support.bodies import avatar_body
from tests.support.together import until

Answer = TypeVar("Answer")
LEAVING: Final = "m-leaving-"
"""Begins the id of each of them."""
A_LEAVER: Final = 20
"""One for so many submissions, about."""
LONGEST_STAY_SECONDS: Final = 3
FINISH_SECONDS: Final = 120
PAUSE_SECONDS: Final = 0.5
TOLD: Final = frozenset({"event", "webhook_delivery"})
"""Where the id stays: the event says who was erased."""


@dataclass
class Leavers(threading.Thread):
    """They come one after the other, send a picture, and are erased while it is inspected, reviewed or shown already."""

    ground: Ground
    api: Api
    journal: Journal
    count: int
    seed: int
    gone: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(name="leavers", daemon=True)
        self._pause = threading.Event()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        """Come and go until all have."""
        rng = random.Random(self.seed)  # noqa: S311  (chance that can be repeated, not secrecy)
        for number in range(self.count):
            try:
                self._come(f"{LEAVING}{number}", number)
                self._pause.wait(rng.uniform(0, LONGEST_STAY_SECONDS))
                self._go(f"{LEAVING}{number}")
            except Exception as error:  # noqa: BLE001  (the verdict of the run is not this thread's to give)
                self.journal.complain(f"leavers: {type(error).__name__}: {error}")

    def _come(self, member_id: str, number: int) -> None:
        key, storage = f"leaving/{number}", self.ground.tools.storage
        self._repeated(lambda: storage.put_upload(key, picture(1_000_000 + number), media_type="image/jpeg"))
        body = avatar_body(key, member_id=member_id)
        answer = self._repeated(lambda: self.api.post("/v1/submissions", body, key=key))
        self.gone[member_id] = str(answer.raise_for_status().json()["id"])

    def _repeated(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until somebody answers."""
        while True:
            try:
                return ask()
            except (AwayError, ProofdeskError, httpx.TransportError):
                self._pause.wait(PAUSE_SECONDS)

    def _go(self, member_id: str) -> None:
        tools, asked = self.ground.tools, Asked(actor="chaos", trace="chaos")
        self._repeated(lambda: erase(member_id, asked=asked, db=tools.db, storage=tools.storage, policy=tools.policy))

    def leftovers(self) -> Sequence[str]:
        """What is left of them, a sentence each, once every link and lease has run out."""
        self.join()
        with self.ground.tools.db.begin() as connection:
            connection.exec_driver_sql("UPDATE erasure SET quiet_at = least(quiet_at, now())")
            connection.exec_driver_sql("UPDATE task SET due_at = now() WHERE kind = 'member.erase' AND state = 'ready'")
        try:
            until(lambda: not list(self._unfinished()), seconds=FINISH_SECONDS)
        except (AssertionError, ProofdeskError) as error:
            say(f"erasures are left: {error}")
        return [*self._unfinished(), *self._rows(), *self._objects()]

    def _unfinished(self) -> Iterator[str]:
        for member_id in self.gone:
            seen = erasure_of(member_id, db=self.ground.tools.db)
            if seen.state != "finished":
                yield f"the erasure of {member_id} is {seen.state}, with {seen.objects_left} files left"

    def _rows(self) -> Iterator[str]:
        with self.ground.tools.db.read() as connection:
            listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            for (table,) in connection.exec_driver_sql(listed).all():
                counted = f"SELECT count(*) FROM \"{table}\" AS row WHERE strpos(row::text, '{LEAVING}') > 0"  # noqa: S608  (our tables)
                found = connection.exec_driver_sql(counted).scalar_one()
                if found and table not in TOLD:
                    yield f"{found} rows of {table} name a member who was erased"

    def _objects(self) -> Iterator[str]:
        storage, theirs = self.ground.tools.storage, (*self.gone.values(), "leaving/")
        for bucket in (storage.uploads, storage.vault, storage.public):
            for key, _ in storage.listed(bucket):
                if any(each in key for each in theirs):
                    yield f"{key} in {bucket} is of a member who was erased"
