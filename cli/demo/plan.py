from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from schemas.submissions import Method

APPROVED: Final = ("received", "in_review", "approved")
CONFIRMED: Final = ("awaiting_code", "approved")
REJECTED_BY_RULE: Final = ("received", "rejected")
REJECTED: Final = ("received", "in_review", "rejected")
REFUSED: Final = ("received", "refused")
ANY: Final = "…"
"""Any number of states in between."""

Door = Literal["http", "queue"]
Slot = Literal["avatar", "material"]
CHANCES: Final = 5


@dataclass(frozen=True, slots=True)
class Person:
    """A member as upstream knows them."""

    key: str
    name: str
    gender: str
    age_band: str
    identity: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a submission. `file` is its name in files/facts.json; the other fields describe what upstream does wrong with it."""

    kind: str
    file: str
    slot: Slot = "material"
    put: bool = True
    declare_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One submission: what is sent, by which door, how the reviewer decides, and the expected result.

    `path` has the expected states. A tax number is a country and a number; a code goes to the member's address at `domain`. `facts`
    are those that the reviewer finds in a register.
    """

    label: str
    person: Person
    uploads: tuple[Upload, ...]
    path: tuple[str, ...]
    stage: str | None = None
    identity: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    door: Door = "http"
    after: str | None = None
    findings: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()
    message: str | None = None
    chance: int | None = None
    method: Method = "materials"
    tax_number: tuple[str, str] | None = None
    domain: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """An avatar, or a verification of a stage."""
        return "verification" if self.stage else "avatar"

    @property
    def ends(self) -> str:
        """The state in which it must end."""
        return self.path[-1]

    @property
    def mail(self) -> str | None:
        """The beginning of the expected mail's subject; None where no mail is expected."""
        return _SUBJECTS.get((self.kind, self.ends))

    @property
    def effects(self) -> Mapping[str, str]:
        """The expected effects, each with its final state."""
        mail = {"mail": "sent"} if self.mail else {}
        if self.ends != "approved":
            return mail
        return {"avatar_published" if self.kind == "avatar" else "stage_unlocked": "done", **mail}


_SUBJECTS: Final = {
    ("avatar", "approved"): "Your new avatar is public",
    ("avatar", "rejected"): "Your new avatar was not approved",
    ("avatar", "refused"): "Please upload your avatar again",
    ("verification", "approved"): "You are now:",
    ("verification", "rejected"): "Your verification for",
    ("verification", "refused"): "Please upload your materials again",
}


@dataclass
class Sent:
    """A submission that was sent by a plan. `view` is the API's latest answer about it."""

    plan: Plan
    submission_id: str | None
    view: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    differences: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether it is closed and every effect has happened."""
        return self.seconds is not None


def seconds_of(view: Mapping[str, Any]) -> float:
    """The time from acceptance to the last effect, by the service's own times."""
    ends = [view["closed_at"], *(each["done_at"] for each in view["effects"])]
    accepted = datetime.fromisoformat(view["accepted_at"])
    return max((datetime.fromisoformat(end) - accepted).total_seconds() for end in ends if end)
