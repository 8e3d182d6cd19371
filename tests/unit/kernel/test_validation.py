from typing import Any

import pytest

from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import parse_submission
from schemas.submissions import AvatarSubmission, VerificationSubmission
from tests.support.bodies import avatar_body, member, verification_body


def wrong(body: object) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse_submission(body)
    return [(each.path, each.code) for each in caught.value.problems]


def without(body: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != field}


def test_a_body_becomes_what_its_kind_says() -> None:
    assert isinstance(parse_submission(avatar_body()), AvatarSubmission)
    assert isinstance(parse_submission(verification_body()), VerificationSubmission)


@pytest.mark.parametrize("field", ["member_id", "member", "file"])
def test_what_is_missing_from_an_avatar_is_named(field: str) -> None:
    assert wrong(without(avatar_body(), field)) == [(field, "missing_field")]


@pytest.mark.parametrize("field", ["method", "stage", "identity", "member_id", "member", "form", "materials"])
def test_what_is_missing_from_a_verification_is_named(field: str) -> None:
    assert wrong(without(verification_body(), field)) == [(field, "missing_field")]


def material(**more: Any) -> list[dict[str, Any]]:
    return [{"kind": "bank_statement", "file": {"key": "k", **more}}]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("kind", "missing_field")),
        ({"kind": "passport"}, ("kind", "unknown_kind")),
        ({**avatar_body(), "avatar": 1}, ("avatar", "unknown_field")),
        ({**avatar_body(), "stage": "verified"}, ("stage", "unknown_field")),
        ({**avatar_body(), "member": member(shoe=43)}, ("member.shoe", "unknown_field")),
        ({**avatar_body(), "member": "Ada"}, ("member", "invalid_value")),
        ({**avatar_body(), "member": member(name=5)}, ("member.name", "invalid_value")),
        ({**avatar_body(), "member": member(locale="english please")}, ("member.locale", "invalid_value")),
        ({**avatar_body(), "file": {"key": "k", "length": "long"}}, ("file.length", "invalid_value")),
        ({**verification_body(), "method": "tax"}, ("method", "unknown_method")),
        (
            {**verification_body(), "materials": material() + material(colour=1)},
            ("materials.1.file.colour", "unknown_field"),
        ),
        (
            {**verification_body(), "materials": material(media_type="pdf") + material()},
            ("materials.0.file.media_type", "invalid_value"),
        ),
        ({**verification_body(), "materials": material() * 21}, ("materials", "invalid_value")),
        ({**verification_body(), "form": {"a": 1}}, ("form.a", "invalid_value")),
        ({**verification_body(), "form": []}, ("form", "invalid_value")),
        ([], ("", "invalid_value")),
        ("avatar", ("", "invalid_value")),
        (None, ("", "invalid_value")),
    ],
)
def test_what_is_wrong_has_a_path_and_a_code(body: object, problem: tuple[str, str]) -> None:
    assert wrong(body) == [problem]


def test_an_only_material_that_is_wrong_is_not_called_missing_too() -> None:
    assert wrong({**verification_body(), "materials": material(colour=1)}) == [
        ("materials.0.file.colour", "unknown_field")
    ]


def test_everything_that_is_wrong_is_listed() -> None:
    body = {**avatar_body(), "member_id": "", "member": member(email="x"), "file": {}}

    assert wrong(body) == [
        ("member_id", "invalid_value"),
        ("member.email", "invalid_email"),
        ("file.key", "missing_field"),
    ]


def test_a_problem_says_what_to_do() -> None:
    with pytest.raises(Invalid, match="kind: Use one of 'avatar', 'verification'"):
        parse_submission({"kind": "passport"})


@pytest.mark.parametrize("member_id", ["m-1", "a.b_c:d@e", "9" * 100])
def test_ids_of_other_services_are_taken(member_id: str) -> None:
    assert parse_submission(avatar_body(member_id=member_id)).member_id == member_id


@pytest.mark.parametrize("member_id", ["", "a b", "a/b", "ä", "a\n", "a\x00", "9" * 101])
def test_ids_that_could_be_misread_are_refused(member_id: str) -> None:
    assert wrong(avatar_body(member_id=member_id)) == [("member_id", "invalid_value")]


@pytest.mark.parametrize("key", ["", "/etc/passwd", "a\nb", "a\x00b", "k" * 501])
def test_keys_that_are_no_keys_are_refused(key: str) -> None:
    assert wrong(avatar_body(key)) == [("file.key", "invalid_value")]


@pytest.mark.parametrize("field", ["name", "gender", "age_band", "identity"])
def test_lines_of_a_person_have_no_zero_byte(field: str) -> None:
    assert wrong({**avatar_body(), "member": member(**{field: "a\x00b"})}) == [(f"member.{field}", "invalid_value")]
