"""A queue as it looks on a working day: the demo's photographs and papers, inspected, of members with names."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from cli.demo.demo_file import DemoFile
from tests.drawings import avatar_photo, material
from tests.support.bodies import FORMS
from tests.support.desk import Desk

MEMBERS: Final = (
    ("Lin Wei", "zh", "female", "30–39"),
    ("Jonas Becker", "en", "male", "40–49"),
    ("Aylin Demir", "en", "female", "20–29"),
    ("Pierre Morel", "en", "male", "50–59"),
    ("Sofía Castillo", "es", "female", "30–39"),
    ("Kenji Mori", "en", "male", "60–69"),
)
PAPERS: Final = {
    "wholesaler": ("bank_statement",),
    "online_retailer": ("store_back_office", "store_flow"),
    "offline_retailer": ("store_photo", "business_licence", "bank_statement"),
}


def send_avatar(desk: Desk, number: int, photo: str = "portrait", *, due_in: timedelta | None = None) -> UUID:
    """An avatar of the member of that number, not yet inspected."""
    file = {"key": _put(desk, avatar_photo(photo)), "filename": f"{photo}.jpg"}
    given = {"kind": "avatar", "member_id": f"m-{8800 + number}", "member": _member(number), "file": file}
    return _due(desk, desk.accept(given).id, due_in)


def send_papers(
    desk: Desk, number: int, identity: str = "wholesaler", *, stage: str = "verified", due_in: timedelta | None = None
) -> UUID:
    """A verification of the member of that number with the papers of that identity, not yet inspected."""
    drawn = {kind: material(kind, identity=identity, seed=number) for kind in PAPERS[identity]}
    given = {
        "kind": "verification",
        "method": "materials",
        "stage": stage,
        "identity": identity,
        "member_id": f"m-{8800 + number}",
        "member": _member(number),
        "form": {**FORMS[identity], **_written(drawn, identity)},
        "materials": [{"kind": kind, "file": {"key": _put(desk, file)}} for kind, file in drawn.items()],
    }
    return _due(desk, desk.accept(given).id, due_in)


def facts_of(number: int, identity: str = "wholesaler") -> Mapping[str, Mapping[str, str]]:
    """What the papers of that member show, by kind."""
    return {
        kind: {name: str(value) for name, value in material(kind, identity=identity, seed=number).facts.items()}
        for kind in PAPERS[identity]
    }


def _written(drawn: Mapping[str, DemoFile], identity: str) -> dict[str, str]:
    """What the member writes into the form is what their papers show."""
    facts: dict[str, Any] = {}
    for file in drawn.values():
        facts |= file.facts
    return {name: str(facts[name]) for name in FORMS[identity] if name in facts}


def _member(number: int) -> dict[str, Any]:
    name, locale, gender, age_band = MEMBERS[number % len(MEMBERS)]
    address = f"member-{number}@shop.example.com"
    return {"name": name, "email": address, "locale": locale, "gender": gender, "age_band": age_band}


def _put(desk: Desk, file: DemoFile) -> str:
    return desk.upload(file.body, media_type=file.media_type)


def _due(desk: Desk, submission_id: UUID, due_in: timedelta | None) -> UUID:
    if due_in is not None:
        desk.sql("UPDATE submission SET due_at = now() + :gap WHERE id = :id", gap=due_in, id=submission_id)
    return submission_id
