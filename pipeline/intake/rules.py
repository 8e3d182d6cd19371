"""Problems for which a submission is not accepted (DOMAIN §7.1 to §7.3). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from pipeline.kernel.errors import Problem
from pipeline.policy import Policy
from pipeline.policy.ladder import LENGTHS, Identity
from schemas.submissions import MaterialReference, MaterialsSubmission, VerificationSubmission


def verification_problems(command: VerificationSubmission, policy: Policy) -> tuple[Problem, ...]:
    """Every problem of a verification by the policy, except those of evidence that is no file."""
    return (
        *_stage_problems(command, policy),
        *_method_problems(command, policy),
        *_identity_problems(command, policy),
    )


def lowest_free(taken: Sequence[int], limit: int) -> int | None:
    """The lowest chance that is not taken; None where `limit` are taken. A newer policy may have lowered the limit."""
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
