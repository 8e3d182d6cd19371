from collections.abc import Mapping
from typing import Final

from cli.demo.plan import REFUSED, Person, Plan, Upload

# A value that begins with @ is the fact of that name in the member's own materials.
FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "online_retailer": {"store_name": "@store_name", "store_link": "https://store.example.com/"},
    "offline_retailer": {"store_name": "@store_name", "store_address": "Lange Straße 12, 10243 Berlin"},
    "wholesaler": {"company_name": "@company_name", "company_website": "https://wholesale.example.com/"},
    "service_provider": {"company_name": "@company_name", "services": "Freight, customs clearance, storage"},
    "manufacturer": {"company_name": "@company_name", "factory_address": "88 Industrial Road, Ningbo"},
    "influencer": {"platform": "Instagram", "account": "@account", "profile_link": "https://social.example.com/me"},
    "organization": {"organization_name": "@company_name"},
    "other": {"company_name": "@company_name", "description": "A cooperative of craftspeople"},
}
MATERIALS: Final[Mapping[str, tuple[str, ...]]] = {
    "online_retailer": ("store_back_office", "store_flow"),
    "offline_retailer": ("store_photo", "business_licence", "bank_statement"),
    "influencer": ("social_media_home",),
}
_BANK: Final = ("bank_statement",)
_NAMES: Final = (
    ("Lin Wei", "female", "30–39"),
    ("Jonas Becker", "male", "40–49"),
    ("Aylin Demir", "female", "20–29"),
    ("Pierre Morel", "male", "50–59"),
    ("Sofía Castillo", "female", "30–39"),
    ("Tomás Nogueira", "male", "40–49"),
    ("Amara Okafor", "female", "30–39"),
    ("Kenji Mori", "male", "60–69"),
)


def avatar(label: str, member: str, photo: str, path: tuple[str, ...]) -> Plan:
    """A member's avatar."""
    upload = Upload("avatar", f"avatar-{photo}", slot="avatar")
    return Plan(label=label, person=person_of(f"avatar-{member}", "wholesaler"), uploads=(upload,), path=path)


def refused_avatar(label: str, upload: Upload, findings: set[str]) -> Plan:
    """An avatar that inspection refuses with these findings."""
    person = person_of(label.replace(" ", "-"), "wholesaler")
    return Plan(label=label, person=person, uploads=(upload,), path=REFUSED, findings=frozenset(findings))


def bad_avatar(name: str) -> Upload:
    """The upload of a bad avatar. One that is too large for an avatar's slot uses a material's."""
    return Upload("avatar", f"avatar-{name}", slot="material" if name == "one_byte_too_large" else "avatar")


def verification(label: str, member: str, identity: str, path: tuple[str, ...]) -> Plan:
    """A first verification for the stage `verified`, with the identity's materials: the demo's files with this label."""
    name = label.replace(", ", "-").replace(" ", "-")
    return Plan(
        label=label,
        person=person_of(member, identity),
        uploads=tuple(Upload(kind, f"{kind}-{name}") for kind in MATERIALS.get(identity, _BANK)),
        path=path,
        stage="verified",
        identity=identity,
        form=FORMS[identity],
        chance=1,
    )


def person_of(key: str, identity: str) -> Person:
    """A member, with one of the names chosen by the key."""
    name, gender, age_band = _NAMES[sum(key.encode()) % len(_NAMES)]
    return Person(key, name, gender, age_band, identity)
