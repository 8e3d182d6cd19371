"""The ladder and what an identity must show, as the policy says it (DOMAIN §7)."""

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field

from pipeline.policy.methods import ChecklistItem
from pipeline.policy.spend import Amount
from schemas.base import Frozen

FieldType = Literal["text", "long_text", "url", "text?", "long_text?", "url?"]
FactType = Literal["text", "date", "decimal", "currency", "integer"]


class Stage(Frozen):
    """A rung of the ladder (DOMAIN §7). `spend` is what orders must come to, where they unlock it."""

    stage: str
    title: str
    unlocked_by: tuple[Literal["verification", "spend"], ...]
    spend: Amount | None = None
    benefits: tuple[str, ...]


class Material(Frozen):
    """A material of an identity and what it must show (DOMAIN §7.2)."""

    kind: str
    title: str
    must_show: tuple[ChecklistItem, ...] = Field(min_length=1)


class Identity(Frozen):
    """An identity with its form and materials (DOMAIN §7.2)."""

    title: str
    form: Mapping[str, FieldType]
    required: Literal["all", "any"]
    materials: tuple[Material, ...] = Field(min_length=1)

    def material(self, kind: str) -> Material | None:
        """The material of that kind, or None where this identity has none such."""
        return next((material for material in self.materials if material.kind == kind), None)


LENGTHS: Final = {"text": 200, "long_text": 2000, "url": 2000}
