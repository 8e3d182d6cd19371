"""What a submission must be to be accepted (DOMAIN §7.1 to §7.3). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from pipeline.kernel.errors import Problem
from pipeline.policy import Policy
from pipeline.policy.ladder import LENGTHS, Identity
from pipeline.submission.evidence.rules import email_domains, tax_numbers
from schemas.submissions import (
    BusinessEmailSubmission,
    MaterialReference,
    MaterialsSubmission,
    TaxNumberSubmission,
    VerificationSubmission,
)

_NO_BUSINESS: Final = {
    "free_mail_domain": "Anybody can have a mailbox at this provider. Give an address of your company's own domain.",
    "disposable_domain": "Mailboxes of this domain are thrown away. Give an address of your company's own domain.",
}


def verification_problems(command: VerificationSubmission, policy: Policy) -> tuple[Problem, ...]:
    """Everything that is wrong with a verification, judged by the policy; empty where it may be accepted."""
    return (
        *_stage_problems(command, policy),
        *_method_problems(command, policy),
        *_identity_problems(command, policy),
        *_evidence_problems(command, policy),
    )


def lowest_free(taken: Sequence[int], limit: int) -> int | None:
    """The chance to give out: the lowest number that is not taken, or None when `limit` are (a policy may have lowered it)."""
    if len(taken) >= limit:
        return None
    return next(number for number in range(1, limit + 1) if number not in taken)


def _stage_problems(command: VerificationSubmission, policy: Policy) -> Iterator[Problem]:
    stage = policy.stage(command.stage)
    known = [rung.stage for rung in policy.ladder if "verification" in rung.unlocked_by]
    if stage is None:
        yield Problem("stage", "unknown_stage", f"There is no stage {command.stage!r}. Use one of {_list(known)}.")
    elif "verification" not in stage.unlocked_by:
        message = f"{stage.title} is not unlocked by verification. Use one of {_list(known)}."
        yield Problem("stage", "stage_not_by_verification", message)


def _identity_problems(command: VerificationSubmission, policy: Policy) -> Iterator[Problem]:
    identity = policy.identities.get(command.identity)
    if identity is None:
        message = f"There is no identity {command.identity!r}. Use one of {_list(policy.identities)}."
        yield Problem("identity", "unknown_identity", message)
        return
    yield from _form_problems(command.form, identity)
    if isinstance(command, MaterialsSubmission):
        yield from _material_problems(command.materials, identity)


def _method_problems(command: VerificationSubmission, policy: Policy) -> Iterator[Problem]:
    if command.method not in policy.methods:
        message = f"This method is not offered. Use one of {_list(policy.methods)}."
        yield Problem("method", "method_not_offered", message)


def _evidence_problems(command: VerificationSubmission, policy: Policy) -> Iterator[Problem]:
    """What is wrong with a tax number's country or an address. Whether the number is right is judged once it was accepted."""
    if isinstance(command, TaxNumberSubmission) and not tax_numbers.is_known(command.tax_number.country):
        message = f"Numbers of {command.tax_number.country!r} cannot be checked. Choose another method of verification."
        yield Problem("tax_number.country", "unknown_tax_country", message)
    if isinstance(command, BusinessEmailSubmission):
        yield from _address_problems(command.business_email, policy)


def _address_problems(written: str, policy: Policy) -> Iterator[Problem]:
    address = email_domains.plain_address(written)
    if address is None:
        yield Problem("business_email", "invalid_email", "Give an e-mail address such as name@company.com.")
    elif code := email_domains.refusal(email_domains.domain_of(address), policy.business_email):
        yield Problem("business_email", code, _NO_BUSINESS[code])


def _form_problems(form: dict[str, str], identity: Identity) -> Iterator[Problem]:
    for field in form.keys() - identity.form.keys():
        message = f"The form of {identity.title} has no field {field!r}. It has {_list(identity.form)}."
        yield Problem(f"form.{field}", "unknown_field", message)
    for field, field_type in identity.form.items():
        value = form.get(field, "").strip()
        if not value and not field_type.endswith("?"):
            yield Problem(f"form.{field}", "missing_field", f"The form of {identity.title} needs {field!r}.")
        elif value:
            yield from _value_problems(f"form.{field}", value, field_type.rstrip("?"))


def _value_problems(path: str, value: str, field_type: str) -> Iterator[Problem]:
    if len(value) > LENGTHS[field_type]:
        yield Problem(path, "too_long", f"At most {LENGTHS[field_type]} characters.")
    elif field_type == "url" and not _is_web_address(value):
        yield Problem(path, "invalid_url", "Give a web address that starts with https:// or http://.")


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and " " not in value


def _material_problems(materials: Sequence[MaterialReference], identity: Identity) -> Iterator[Problem]:
    known = [material.kind for material in identity.materials]
    for position, given in enumerate(materials):
        if given.kind not in known:
            message = f"{identity.title} has no material {given.kind!r}. It has {_list(known)}."
            yield Problem(f"materials.{position}.kind", "unknown_material", message)
    if identity.required == "all":
        for kind in known:
            if kind not in {given.kind for given in materials}:
                yield Problem("materials", "missing_material", f"{identity.title} needs the material {kind!r} too.")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
