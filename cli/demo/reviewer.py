import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from cli.demo.clients import Api, fetched
from cli.demo.plan import Plan

IDLE_SECONDS: Final = 0.2

PlanOf = Callable[[str], Plan | None]
"""The plan of a submission, by its id; None while it is not known."""


class Reviewer(threading.Thread):
    """Decides cases over HTTP until `stop`. Errors are collected in `errors`; `set_aside` counts cases of others."""

    def __init__(
        self, api: Api, plan_of: PlanOf, facts_of: Callable[[Plan], Mapping[str, Mapping[str, Any]]], *, run: str
    ) -> None:
        super().__init__(name="reviewer", daemon=True)
        self._api, self._plan_of, self._facts_of, self._run = api, plan_of, facts_of, run
        self._stop_asked = threading.Event()
        self.errors: list[str] = []
        self.set_aside = 0

    def run(self) -> None:
        """Claim and decide one case after the other."""
        while not self._stop_asked.is_set():
            try:
                if not self._decide_next():
                    self._stop_asked.wait(IDLE_SECONDS)
            except Exception as error:  # noqa: BLE001  (an error in one case must not stop the reviewer)
                self.errors.append(f"reviewer: {type(error).__name__}: {error}")
                self._stop_asked.wait(IDLE_SECONDS)

    def stop(self) -> None:
        """Stop after the present case."""
        self._stop_asked.set()
        self.join()

    def _decide_next(self) -> bool:
        answer = self._api.post("/v1/review/claims", {"kinds": []})
        if answer.status_code == HTTPStatus.NO_CONTENT:
            return False
        case = answer.raise_for_status().json()
        plan = self._plan_of(case["submission_id"])
        if plan is None or plan.ends not in {"approved", "rejected"}:
            not_yet_known = plan is None and case["member_id"].endswith(f".{self._run}")
            self._release(case, skip_reason=None if not_yet_known else "not for this run")
            self.set_aside += not not_yet_known
            return not not_yet_known  # the next one at once: a queue in use has many that are due before ours
        self._open_pages(case)
        decision = self._api.post(f"/v1/review/claims/{case['claim']['id']}/decision", self._decision(case, plan))
        if decision.status_code != HTTPStatus.CONFLICT:
            decision.raise_for_status()
        return True

    def _release(self, case: Mapping[str, Any], *, skip_reason: str | None) -> None:
        """Release a case whose plan is not known yet, or skip one of another run or one that a newer avatar will supersede."""
        body = {"token": case["claim"]["token"], "skip_reason": skip_reason}
        self._api.post(f"/v1/review/claims/{case['claim']['id']}/release", body)

    def _open_pages(self, case: Mapping[str, Any]) -> None:
        """Open every page by its short-lived link, as a browser does."""
        for material in case["materials"]:
            for page in material["pages"]:
                picture = fetched(page["url"])
                if picture.status_code != HTTPStatus.OK or not picture.content.startswith(b"\xff\xd8"):
                    self.errors.append(
                        f"{case['submission_id']}: page {page['page']} of {material['kind']} cannot be seen"
                    )

    def _decision(self, case: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
        approve = plan.ends == "approved"
        known = self._facts_of(plan)
        return {
            "token": case["claim"]["token"],
            "fence": case["claim"]["fence"],
            "version": case["version"],
            "verdict": "approve" if approve else "reject",
            "reasons": [] if approve else list(plan.reasons),
            "message": plan.message,
            "materials": [_answers(material, known.get(material["kind"], {})) for material in case["materials"]]
            if approve
            else [],
        }


def _answers(material: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """A yes to every question of the checklist, and the file's facts."""
    facts = {fact: known[fact] for item in material["checklist"] for fact in item["facts"] if fact in known}
    checklist = {item["code"]: True for item in material["checklist"]}
    return {"material_id": material["id"], "checklist": checklist, "facts": facts}
