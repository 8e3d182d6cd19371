"""The form of each identity as JSON Schema (2020-12), derived from the policy: what the schema accepts, the door accepts. Pure."""

from typing import Any, Final

from pipeline.policy import Policy
from pipeline.policy.ladder import LENGTHS, FieldType, Identity
from schemas.members import IdentityView, MustShow, NamedMaterial

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_ONE_LINE: Final = r"[^\u0000-\u001f\u007f-\u009f]"
_LINES: Final = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]"
_INK: Final = r"[^\s\u0000-\u001f\u007f-\u009f]"
_ADDRESS: Final = rf"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{{1,5}})?([/?#]{_INK}*)?"
_CHARACTERS: Final = {"text": _ONE_LINE, "long_text": _LINES}


def form_schema(name: str, identity: Identity, policy: Policy) -> dict[str, Any]:
    """The schema of one identity's form: an object of strings, with nothing else in it."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:proofdesk:form:{name}:{policy.version}",
        "title": identity.title,
        "type": "object",
        "properties": {field: _field(field, kind) for field, kind in identity.form.items()},
        "required": [field for field, kind in identity.form.items() if not kind.endswith("?")],
        "additionalProperties": False,
    }


def identity_view(name: str, identity: Identity, policy: Policy) -> IdentityView:
    """An identity with its form, its materials, and what each of them must show."""
    return IdentityView(
        identity=name,
        title=identity.title,
        form=form_schema(name, identity, policy),
        required=identity.required,
        materials=tuple(
            NamedMaterial(
                kind=material.kind,
                title=material.title,
                must_show=tuple(MustShow(code=item.code, text=item.text) for item in material.must_show),
            )
            for material in identity.materials
        ),
    )


def _field(name: str, kind: FieldType) -> dict[str, Any]:
    plain, optional = kind.rstrip("?"), kind.endswith("?")
    schema = {
        "type": "string",
        "title": name.replace("_", " ").capitalize(),
        "maxLength": LENGTHS[plain],
        "pattern": _pattern(plain, optional=optional),
    }
    return schema if plain != "url" or optional else {**schema, "format": "uri"}


def _pattern(plain: str, *, optional: bool) -> str:
    """A field that may be left out may be empty too; any other has something to read in it. No control characters."""
    if plain == "url":
        return f"^({_ADDRESS})?$" if optional else f"^{_ADDRESS}$"
    character = _CHARACTERS[plain]
    return f"^{character}*$" if optional else f"^{character}*{_INK}{character}*$"
