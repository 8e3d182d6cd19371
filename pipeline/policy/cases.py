"""The parts of a policy by which a case is decided from its acceptance to its end (docs/adr/0024)."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import Final

from pydantic import ConfigDict

from pipeline.policy import Avatar, Policy, Reasons
from pipeline.policy.files import Files
from pipeline.policy.ladder import FactType, Identity, Stage
from pipeline.policy.methods import Methods, Rulings, TaxNumbers
from pipeline.policy.service_levels import Clock
from schemas.base import Frozen, Line


class FourEyes(Frozen):
    """Which stages or kinds need two people who agree."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    four_eyes: tuple[str, ...] = ()


class Covered(Frozen):
    """Materials that are covered until asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    blurred: tuple[str, ...] = ()


class CaseRules(Frozen):
    """What a case was accepted under. Texts of earlier releases are read too: a part that gets a new key gives it a default."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    clock: Clock
    review: FourEyes
    console: Covered
    files: Files
    avatar: Avatar
    reasons: Reasons
    rulings: Rulings
    methods: Methods
    tax_number: TaxNumbers
    benefits: Mapping[str, Line]
    ladder: tuple[Stage, ...]
    facts: Mapping[str, FactType]
    identities: Mapping[str, Identity]


_BOTH: Final = frozenset({"review", "console"})
_KEPT: Final = tuple(name for name in CaseRules.model_fields if name not in _BOTH)


def text_of(policy: Policy) -> str:
    """The whole policy as it is kept."""
    return policy.model_dump_json()


@lru_cache(maxsize=32)
def rules_in(text: str) -> CaseRules:
    """The rules in a policy that was kept. Raises pydantic's ValidationError."""
    return CaseRules.model_validate_json(text)


def under(accepted: CaseRules, present: Policy) -> Policy:
    """The policy for a case: what decides it is as it was accepted, all else, and the `version`, is the present policy's.

    Two people are needed, and a material is covered, where either says so: a rule that guards people holds at once, and does not end
    with a name.
    """
    four_eyes = _either(accepted.review.four_eyes, present.review.four_eyes)
    blurred = _either(accepted.console.blurred, present.console.blurred)
    guards = {
        "review": present.review.model_copy(update={"four_eyes": four_eyes}),
        "console": present.console.model_copy(update={"blurred": blurred}),
    }
    return present.model_copy(update={**{name: getattr(accepted, name) for name in _KEPT}, **guards})


def _either(*names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(names)))
