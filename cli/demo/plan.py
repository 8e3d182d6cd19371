"""What the demo does and what must come of it: one plan for each submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

APPROVED: Final = ("received", "in_review", "approved")
CONFIRMED: Final = ("awaiting_code", "approved")
RULED_OUT: Final = ("received", "rejected")
REJECTED: Final = ("received", "in_review", "rejected")
REFUSED: Final = ("received", "refused")
ANY: Final = "…"
"""Stands for any states in between."""

Door = Literal["http", "queue"]
Slot = Literal["avatar", "material"]
Method = Literal["materials", "tax_number", "business_email"]
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
    """One file of a submission. `file` is its name in files/facts.json; the rest says how upstream mistreats it."""

    kind: str
    file: str
    slot: Slot = "material"
    put: bool = True
    declare_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One submission: what is sent, through which door, how the reviewer decides, and what must be true in the end.

    A tax number is a country and a number; a code goes to the member's address at `domain`. `facts` are what the reviewer finds in
    a register.
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
        """The state that it must end in."""
        return self.path[-1]

    @property
    def mail(self) -> str | None:
        """The beginning of the subject of the mail that must follow; None where none may."""
        return _SUBJECTS.get((self.kind, self.ends))

    @property
    def effects(self) -> Mapping[str, str]:
        """The effects that must be done, each with the state that says so."""
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
