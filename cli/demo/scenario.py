import hashlib
from dataclasses import replace

from cli.demo.members import FORMS, avatar, bad_avatar, refused_avatar, verification
from cli.demo.plan import ANY, APPROVED, CHANCES, CONFIRMED, REFUSED, REJECTED, REJECTED_BY_RULE, Plan, Upload


def plans() -> tuple[Plan, ...]:
    """Every submission of the demo. A plan with `after` is sent when that other one has ended."""
    return (
        *_avatars(),
        *_bad_avatars(),
        *_verifications(),
        *_second_steps(),
        *_bad_materials(),
        *_without_files(),
        *_five_chances(),
    )


def _avatars() -> tuple[Plan, ...]:
    approved = ("portrait", "close_up", "half_body_mirrored", "large", "sideways_with_gps", "progressive", "greyscale")
    cat = avatar("avatar of a cat", "cat", "cat", REJECTED)
    later = avatar("avatar rejected later", "close_up", "cat", REJECTED)
    return (
        *(avatar(f"avatar {name}", name, name, APPROVED) for name in approved),
        replace(cat, reasons=("not_a_person", "not_for_business")),
        replace(avatar("avatar by queue", "queue", "portrait", APPROVED), door="queue"),
        avatar("avatar overtaken", "overtaken", "portrait", ("received", ANY, "superseded")),
        avatar("avatar overtaking", "overtaken", "close_up", APPROVED),
        replace(avatar("avatar replacing", "portrait", "progressive", APPROVED), after="avatar portrait"),
        replace(later, after="avatar close_up", reasons=("not_a_person",)),
    )


def _bad_avatars() -> tuple[Plan, ...]:
    bad = {
        "cut_jpeg": {"truncated_image"},
        "png_named_jpg": {"unsupported_type", "type_mismatch"},
        "one_byte_too_large": {"file_too_large"},
        "zero_bytes": {"empty_file"},
    }
    never = Upload("avatar", "avatar-portrait", slot="avatar", put=False)
    other = replace(never, put=True, declare_sha256=hashlib.sha256(b"another file").hexdigest())
    return (
        *(refused_avatar(f"avatar {name}", bad_avatar(name), codes) for name, codes in bad.items()),
        refused_avatar("avatar never uploaded", never, {"object_missing"}),
        refused_avatar("avatar other than declared", other, {"content_mismatch"}),
    )


def _verifications() -> tuple[Plan, ...]:
    named = verification("wholesaler, other name", "wholesaler-2", "wholesaler", REJECTED)
    blurred = verification("influencer, blurred", "influencer-2", "influencer", REJECTED)
    return (
        *(verification(identity, identity, identity, APPROVED) for identity in FORMS),
        replace(
            named,
            form={"company_name": "Bluefin Holdings (Overseas) Ltd."},
            reasons=("name_mismatch",),
            message="The statement names a sister company.",
        ),
        replace(blurred, reasons=("unreadable",)),
    )


def _second_steps() -> tuple[Plan, ...]:
    sharper = verification("influencer, sharper", "influencer-2", "influencer", APPROVED)
    higher = verification("wholesaler, next stage", "wholesaler", "wholesaler", APPROVED)
    older = verification("other, next stage", "other", "other", REJECTED)
    return (
        replace(sharper, after="influencer, blurred", chance=2),
        replace(higher, after="wholesaler", stage="trusted"),
        replace(older, after="other", stage="trusted", reasons=("period_too_old",)),
    )


def _bad_materials() -> tuple[Plan, ...]:
    bombed = verification("online_retailer, bomb", "bomb", "online_retailer", REFUSED)
    shut = verification("organization, locked", "locked", "organization", REFUSED)
    opened = verification("organization, opened", "locked", "organization", APPROVED)
    return (
        replace(bombed, findings=frozenset({"too_many_pixels"})),
        replace(shut, findings=frozenset({"pdf_encrypted"})),
        replace(opened, after="organization, locked"),
    )


def _without_files() -> tuple[Plan, ...]:
    """The two methods without files: a tax number that a person finds in the register, and a code to a business address."""
    number = verification("manufacturer, tax number", "tax", "manufacturer", APPROVED)
    address = verification("wholesaler, business e-mail", "email", "wholesaler", CONFIRMED)
    return (
        replace(
            number,
            method="tax_number",
            uploads=(),
            tax_number=("DE", "DE 136 695 976"),
            form={"company_name": "Redwillow", "factory_address": "88 Industrial Road, Ningbo"},
            facts={"company_name": "Redwillow GmbH"},
        ),
        replace(
            address,
            method="business_email",
            uploads=(),
            domain="bluefin-trading.example.com",
            form={"company_name": "Bluefin Trading"},
        ),
    )


def _five_chances() -> tuple[Plan, ...]:
    """A member who gives a wrong number until no chance is left."""
    first = replace(
        verification("wrong number", "unlucky", "wholesaler", REJECTED_BY_RULE),
        method="tax_number",
        uploads=(),
        tax_number=("DE", "DE 136 695 978"),
        form={"company_name": "Digits Ltd."},
        reasons=("tax_number_check_digit",),
    )
    labels = [f"wrong number, chance {chance}" for chance in range(1, CHANCES + 1)]
    return tuple(
        replace(first, label=label, after=before, chance=chance)
        for chance, (label, before) in enumerate(zip(labels, [None, *labels], strict=False), start=1)
    )
