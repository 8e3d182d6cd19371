"""Bodies of submissions as upstream services send them: sound ones, to be changed by a test."""

from typing import Any

from pipeline.policy import Policy

FORMS: dict[str, dict[str, str]] = {
    "online_retailer": {"store_name": "Blue Door", "store_link": "https://bluedoor.example.com"},
    "offline_retailer": {"store_name": "Blue Door", "store_address": "1 Harbour Street"},
    "wholesaler": {"company_name": "Blue Door Ltd"},
    "service_provider": {"company_name": "Blue Door Ltd", "services": "Repairs"},
    "manufacturer": {"company_name": "Blue Door Ltd", "factory_address": "2 Dock Road"},
    "influencer": {"platform": "Lens", "account": "@bluedoor", "profile_link": "https://lens.example.com/bluedoor"},
    "organization": {"organization_name": "Blue Door Society"},
    "other": {"company_name": "Blue Door Ltd", "description": "Doors, blue ones"},
}
FACTS: dict[str, str | int] = {
    "store_name": "Blue Door",
    "entity_name": "Blue Door Ltd",
    "company_name": "Blue Door Ltd",
    "period_from": "2026-01-01",
    "period_to": "2026-03-31",
    "amount": "12500.50",
    "currency": "EUR",
    "account": "@bluedoor",
    "followers": 1200,
}


def member(**more: Any) -> dict[str, Any]:
    return {"name": "Ada Byron", "email": "ada@shop.example.com", **more}


def avatar_body(key: str = "avatar/nothing", *, member_id: str = "m-1", **file: Any) -> dict[str, Any]:
    return {"kind": "avatar", "member_id": member_id, "member": member(), "file": {"key": key, **file}}


def verification_body(
    keys: dict[str, str] | None = None,
    *,
    member_id: str = "m-1",
    stage: str = "verified",
    identity: str = "wholesaler",
) -> dict[str, Any]:
    """`keys` says under which key each kind of material lies."""
    files = {"bank_statement": "material/nothing"} if keys is None else keys
    return {
        "kind": "verification",
        "method": "materials",
        "stage": stage,
        "identity": identity,
        "member_id": member_id,
        "member": member(),
        "form": dict(FORMS[identity]),
        "materials": [{"kind": kind, "file": {"key": key}} for kind, key in files.items()],
    }


def whole_verification(policy: Policy, identity: str) -> dict[str, Any]:
    """A verification with every material of its identity, whose files lie nowhere."""
    kinds = [each.kind for each in policy.identities[identity].materials]
    return verification_body({kind: f"material/{kind}" for kind in kinds}, identity=identity)
