"""The clients of a run: they submit what was drawn, when its time comes, and look until all has ended."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx

from cli.demo.clients import Api, AwayError
from cli.demo.job import OPEN
from tests.chaos.doors import PATIENCE_SECONDS, WAYS
from tests.chaos.errands import Errand
from tests.chaos.ground import Ground
from tests.chaos.journal import Journal
from tests.chaos.progress import say

SENDERS: Final = 24
COMMANDERS: Final = 2
PAGE: Final = "200"
GLANCE_SECONDS: Final = 0.3
GLANCES_GROW: Final = 1.3
LONGEST_GLANCE_SECONDS: Final = 3
"""Who looks for one submission waits a little longer each time: hundreds who look all the time would be most of the load."""
FEW: Final = 50
"""So many are looked at one by one, more by the page."""
MANY: Final = 150
MANY_SECONDS: Final = 3
"""How long to wait while so many are open."""
TOLD: Final = frozenset({"approved", "rejected", "refused"})
"""The ends that a member is told by mail."""
_SETTLED: Final = frozenset({"done", "sent", "withdrawn"})


class Traffic:
    """What upstream does."""

    def __init__(self, ground: Ground, api: Api, journal: Journal) -> None:
        self._api, self._journal = api, journal
        self._ways = {door: way(ground, api, journal) for door, way in WAYS.items()}
        self._pause = threading.Event()

    def flow(self, errands: Sequence[Errand], seconds: float) -> None:
        """Submit all of them over so many seconds; returns when each was answered. Commands wait for each other, not for requests."""
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as senders, ThreadPoolExecutor(COMMANDERS) as commanders:
            answers = []
            for errand in sorted(errands, key=lambda each: each.at):
                self._pause.wait(max(0, began + errand.at * seconds - time.monotonic()))
                answers.append((commanders if errand.door == "cli" else senders).submit(self._send, errand))
        for answer in answers:
            answer.result()

    def inspected(self, errand: Errand) -> None:
        """Submit an errand and return when it has been inspected, or was refused: by an edited policy it may be."""
        self._send(errand)
        if errand.label in self._journal.refused:
            return
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, GLANCE_SECONDS
        while time.monotonic() < deadline:
            view = self._view(self._journal.accepted.get(errand.label, ""))
            if view and view["state"] != "received":
                return
            self._pause.wait(pause)
            pause = min(pause * GLANCES_GROW, LONGEST_GLANCE_SECONDS)
        self._journal.complain(f"{errand.label} was not inspected within {PATIENCE_SECONDS} s")

    def ends(self, deadline_seconds: float) -> Mapping[str, Mapping[str, Any]]:
        """The last view of each accepted submission by its id, once all have ended or the deadline is over."""
        deadline = time.monotonic() + deadline_seconds
        views: dict[str, Mapping[str, Any]] = {each: {} for each in self._journal.accepted.values()}
        while (left := sum(not ended(view) for view in views.values())) and time.monotonic() < deadline:
            say(f"{len(views) - left} of {len(views)} accepted ones have ended")
            if left < FEW:
                views |= {each: self._view(each) for each, view in views.items() if not ended(view)}
            elif not self._are_open(MANY):
                views |= {each: view for each, view in self._all().items() if each in views}
            self._pause.wait(GLANCE_SECONDS if left < FEW else MANY_SECONDS)
        return views

    def _are_open(self, many: int) -> bool:
        """Whether so many are open still that it is too soon to look at all of them."""
        try:
            pages = (self._api.get("/v1/submissions", limit=PAGE, state=state)["items"] for state in OPEN)
            return sum(map(len, pages)) >= many
        except (AwayError, httpx.HTTPStatusError):
            return True

    def _all(self) -> Mapping[str, Mapping[str, Any]]:
        """Every submission with everything."""
        try:
            return {each["id"]: each for each in listed(self._api, view="full")}
        except (AwayError, httpx.HTTPStatusError):
            return {}

    def _send(self, errand: Errand) -> None:
        try:
            self._ways[errand.door].run(errand)
        except Exception as error:  # noqa: BLE001  (told by the verdict, beside everything else)
            self._journal.complain(f"{errand.label}: {type(error).__name__}: {error}")

    def _view(self, submission_id: str) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._api.get(f"/v1/submissions/{submission_id}")
        except (AwayError, httpx.HTTPStatusError):
            return {}
        return found


def listed(api: Api, **filters: str) -> Iterator[Mapping[str, Any]]:
    """A line for each submission that the API lists, the latest first."""
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/v1/submissions", limit=PAGE, **filters, **cursor)
        yield from page["items"]
        if not page["next_cursor"]:
            return
        cursor = {"cursor": page["next_cursor"]}


def ended(view: Mapping[str, Any]) -> bool:
    """Closed, and all that follows from it has happened."""
    if not view or view["state"] in OPEN:
        return False
    effects = {each["name"]: each["state"] for each in view["effects"]}
    return set(effects.values()) <= _SETTLED and (view["state"] not in TOLD or "mail" in effects)
