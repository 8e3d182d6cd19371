"""People who decide, written down as a script: the verdict follows from the submission's id."""

import threading
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from cli.demo.clients import Api, AwayError, fetched
from tests.chaos.journal import Journal
from tests.chaos.leaving import LEAVING
from tests.support.bodies import FACTS

IDLE_SECONDS: Final = 1.0
MOST_IDLE_SECONDS: Final = 4.0
"""Who finds nothing waits twice as long each time, up to this."""
APPROVED_OF_TEN: Final = {"avatar": 7, "verification": 3}


class Reviewer(threading.Thread):
    """Drains the queue over HTTP until told to stop. A decision that was answered is in the journal."""

    def __init__(self, api: Api, journal: Journal) -> None:
        super().__init__(name="reviewer", daemon=True)
        self._api, self._journal = api, journal
        self._stopping = threading.Event()

    def run(self) -> None:
        """Claim and decide, one case after the other; whoever is away is waited for."""
        pause = IDLE_SECONDS
        while not self._stopping.is_set():
            try:
                idle = not self._one()
            except AwayError:
                idle = True
            except Exception as error:  # noqa: BLE001  (the verdict of the run is not this thread's to give)
                self._journal.complain(f"reviewer: {type(error).__name__}: {error}")
                idle = True
            if idle:
                self._stopping.wait(pause)
            pause = min(2 * pause, MOST_IDLE_SECONDS) if idle else IDLE_SECONDS

    def stop(self) -> None:
        """Stop after the case at hand."""
        self._stopping.set()
        self.join()

    def _one(self) -> bool:
        answer = self._api.post("/v1/review/claims", {"kinds": []})
        if answer.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.CONFLICT}:  # nothing waits, or the claim ran out
            return False
        case = answer.raise_for_status().json()
        leaving = str(case["member_id"]).startswith(LEAVING)
        seen = leaving or all(_seen(page["url"]) for material in case["materials"] for page in material["pages"])
        answer = self._api.post(f"/v1/review/claims/{case['claim']['id']}/decision", _decision(case))
        if leaving:  # erased at any moment, with whatever was decided
            return True
        if (
            answer.status_code != HTTPStatus.CONFLICT
        ):  # the claim ran out or the case is closed by now, and so are its links
            self._journal.decide(answer.raise_for_status().json())
            if not seen:
                self._journal.complain(f"{case['submission_id']}: a page cannot be seen")
        return True


def verdict(submission_id: str, kind: str) -> str:
    """What these reviewers think of a submission."""
    return "approve" if zlib.crc32(submission_id.encode()) % 10 < APPROVED_OF_TEN[kind] else "reject"


def _seen(url: str) -> bool:
    return fetched(url).content.startswith(b"\xff\xd8")


def _decision(case: Mapping[str, Any]) -> dict[str, Any]:
    said = verdict(case["submission_id"], case["kind"])
    looked = {"token": case["claim"]["token"], "fence": case["claim"]["fence"], "version": case["version"]}
    if said == "reject":
        return {**looked, "verdict": said, "reasons": [case["reasons"][0]["code"]]}
    return {**looked, "verdict": said, "materials": [_answers(each) for each in case["materials"]]}


def _answers(material: Mapping[str, Any]) -> dict[str, Any]:
    asked = material["checklist"]
    facts = {name: FACTS[name] for item in asked for name in item["facts"]}
    return {"material_id": material["id"], "checklist": {item["code"]: True for item in asked}, "facts": facts}
