"""The demo's submissions: every identity, approvals and rejections, second tries, replaced avatars, and bad files."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from cli.demo.material import avatar_photo, bad_file, material
from cli.demo.plan import ANY, APPROVED, REFUSED, REJECTED, Person, Plan, Upload

# A value that begins with @ is the fact of that name, as the member's own materials show it.
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


def plans() -> tuple[Plan, ...]:
    """Every submission of the demo. One that comes `after` another is sent once that one has ended."""
    return (*_avatars(), *_bad_avatars(), *_verifications(), *_second_steps(), *_bad_materials())


def _avatars() -> tuple[Plan, ...]:
    approved = ("portrait", "close_up", "half_body_mirrored", "large", "sideways_with_gps", "progressive", "greyscale")
    cat = _avatar("avatar of a cat", "cat", "cat", REJECTED)
    later = _avatar("avatar rejected later", "close_up", "cat", REJECTED)
    return (
        *(_avatar(f"avatar {name}", name, name, APPROVED) for name in approved),
        replace(cat, reasons=("not_a_person", "not_for_business")),
        replace(_avatar("avatar by queue", "queue", "portrait", APPROVED), door="queue"),
        _avatar("avatar overtaken", "overtaken", "portrait", ("received", ANY, "superseded")),
        _avatar("avatar overtaking", "overtaken", "close_up", APPROVED),
        replace(_avatar("avatar replacing", "portrait", "progressive", APPROVED), after="avatar portrait"),
        replace(later, after="avatar close_up", reasons=("not_a_person",)),
    )


def _bad_avatars() -> tuple[Plan, ...]:
    bad = {
        "cut_jpeg": {"truncated_image"},
        "png_named_jpg": {"unsupported_type", "type_mismatch"},
        "one_byte_too_large": {"file_too_large"},
        "zero_bytes": {"empty_file"},
    }
    never = Upload("avatar", partial(avatar_photo, "portrait"), slot="avatar", put=False)
    other = replace(never, put=True, declare_sha256=hashlib.sha256(b"another file").hexdigest())
    return (
        *(_refused(f"avatar {name}", _bad_avatar(name), codes) for name, codes in bad.items()),
        _refused("avatar never uploaded", never, {"object_missing"}),
        _refused("avatar other than declared", other, {"content_mismatch"}),
    )


def _verifications() -> tuple[Plan, ...]:
    named = _verification("wholesaler, other name", "wholesaler-2", "wholesaler", REJECTED)
    blurred = _verification("influencer, blurred", "influencer-2", "influencer", REJECTED)
    return (
        *(_verification(identity, identity, identity, APPROVED) for identity in FORMS),
        replace(
            named,
            form={"company_name": "Bluefin Holdings (Overseas) Ltd."},
            reasons=("name_mismatch",),
            message="The statement names a sister company.",
        ),
        replace(blurred, reasons=("unreadable",)),
    )


def _second_steps() -> tuple[Plan, ...]:
    sharper = _verification("influencer, sharper", "influencer-2", "influencer", APPROVED)
    higher = _verification("wholesaler, next stage", "wholesaler", "wholesaler", APPROVED)
    older = _verification("other, next stage", "other", "other", REJECTED)
    return (
        replace(sharper, after="influencer, blurred", chance=2),
        replace(higher, after="wholesaler", stage="trusted"),
        replace(older, after="other", stage="trusted", reasons=("period_too_old",)),
    )


def _bad_materials() -> tuple[Plan, ...]:
    bomb = Upload("store_back_office", partial(bad_file, "decompression_bomb"))
    flow = _material("store_flow", "online_retailer", 9)
    locked = Upload("bank_statement", partial(bad_file, "encrypted_pdf"))
    bombed = _verification("online_retailer, bomb", "bomb", "online_retailer", REFUSED)
    shut = _verification("organization, locked", "locked", "organization", REFUSED)
    opened = _verification("organization, opened", "locked", "organization", APPROVED)
    return (
        replace(bombed, uploads=(bomb, flow), findings=frozenset({"too_many_pixels"})),
        replace(shut, uploads=(locked,), findings=frozenset({"pdf_encrypted"})),
        replace(opened, after="organization, locked"),
    )


def _avatar(label: str, member: str, photo: str, path: tuple[str, ...]) -> Plan:
    upload = Upload("avatar", partial(avatar_photo, photo), slot="avatar")
    return Plan(label=label, person=_person(f"avatar-{member}", "wholesaler"), uploads=(upload,), path=path)


def _refused(label: str, upload: Upload, findings: set[str]) -> Plan:
    person = _person(label.replace(" ", "-"), "wholesaler")
    return Plan(label=label, person=person, uploads=(upload,), path=REFUSED, findings=frozenset(findings))


def _bad_avatar(name: str) -> Upload:
    """What is too large for an avatar's slot gets into the quarantine by a material's."""
    return Upload("avatar", partial(bad_file, name), slot="material" if name == "one_byte_too_large" else "avatar")


def _verification(label: str, member: str, identity: str, path: tuple[str, ...]) -> Plan:
    """A first try at the stage `verified`, with the materials that the identity needs."""
    seed = sum(label.encode())
    return Plan(
        label=label,
        person=_person(member, identity),
        uploads=tuple(_material(kind, identity, seed) for kind in MATERIALS.get(identity, _BANK)),
        path=path,
        stage="verified",
        identity=identity,
        form=FORMS[identity],
        chance=1,
    )


def _material(kind: str, identity: str, seed: int) -> Upload:
    return Upload(kind, partial(material, kind, identity=identity, seed=seed))


def _person(key: str, identity: str) -> Person:
    name, gender, age_band = _NAMES[sum(key.encode()) % len(_NAMES)]
    return Person(key, name, gender, age_band, identity)
