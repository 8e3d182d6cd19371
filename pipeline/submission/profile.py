"""The profile by which a reviewer compares a member: what upstream says of them, filled from their account where it says nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pipeline.kernel.errors import Invalid, Problem
from pipeline.policy import Policy
from schemas.submissions import Member

COMPARED: Final = ("gender", "age_band", "identity")
"""What a picture can be compared with."""


def profile_problems(member: Member, policy: Policy) -> Iterator[Problem]:
    """Gender is one of the words that the account has, in any case."""
    known = policy.account.genders
    if member.gender is not None and member.gender.lower() not in known:
        yield Problem("member.gender", "unknown_gender", f"Use one of {', '.join(known)}, or leave it out.")


def require_profile(member: Member, policy: Policy) -> None:
    """Raises Invalid where a submission with this profile would not be accepted."""
    if problems := tuple(profile_problems(member, policy)):
        raise Invalid(problems)


def filled(member: Member, account: Mapping[str, Any]) -> Member:
    """The member with what the account knows and upstream did not send."""
    missing = [name for name in ("gender", "timezone") if getattr(member, name) is None]
    missing += ["locale"] if "locale" not in member.model_fields_set else []
    known = {name: account[name] for name in missing if account.get(name) is not None}
    gender = known.get("gender", member.gender)
    return member.model_copy(update={**known, "gender": gender.lower() if gender else None})


def has_profile(member: Mapping[str, Any]) -> bool:
    """Whether there is something to compare a picture with."""
    return any(member.get(name) for name in COMPARED)
