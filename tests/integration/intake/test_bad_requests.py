from typing import Any

import pytest

from pipeline.submission.tables import submission
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.http import Api, problems

STATEMENT = {"kind": "bank_statement", "file": {"key": "k"}}
AVATARS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no kind": ({"kind": None}, [("kind", "unknown_kind")]),
    "unknown kind": ({"kind": "passport"}, [("kind", "unknown_kind")]),
    "no member": ({"member": None}, [("member", "invalid_value")]),
    "member id with a space": ({"member_id": "m 1"}, [("member_id", "invalid_value")]),
    "no address": ({"member": {"name": "Ada"}}, [("member.email", "missing_field")]),
    "no such address": ({"member": member(email="ada at home")}, [("member.email", "invalid_email")]),
    "an empty name": ({"member": member(name="  ")}, [("member.name", "invalid_value")]),
    "a field too many": ({"colour": 1}, [("colour", "unknown_field")]),
    "a nested field too many": ({"member": member(iq=1)}, [("member.iq", "unknown_field")]),
    "no file": ({"file": {}}, [("file.key", "missing_field")]),
    "a key like a path": ({"file": {"key": "/etc/passwd"}}, [("file.key", "invalid_value")]),
    "a negative length": ({"file": {"key": "k", "length": -1}}, [("file.length", "invalid_value")]),
    "no hash": ({"file": {"key": "k", "sha256": "abc"}}, [("file.sha256", "invalid_value")]),
    "two things": ({"member_id": "", "file": {}}, [("member_id", "invalid_value"), ("file.key", "missing_field")]),
    "a zero byte in the name": ({"member": member(name="Ada\x00")}, [("member.name", "invalid_value")]),
    "a zero byte in the file name": (
        {"file": {"key": "k", "filename": "a\x00.jpg"}},
        [("file.filename", "invalid_value")],
    ),
}
VERIFICATIONS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "another method": ({"method": "telepathy"}, [("method", "unknown_method")]),
    "an unknown stage": ({"stage": "heaven"}, [("stage", "unknown_stage")]),
    "a stage by spend": ({"stage": "premier"}, [("stage", "stage_not_by_verification")]),
    "an unknown identity": ({"identity": "wizard"}, [("identity", "unknown_identity")]),
    "no materials": ({"materials": []}, [("materials", "invalid_value")]),
    "an unknown material": (
        {"materials": [STATEMENT, {"kind": "wand", "file": {"key": "k"}}]},
        [("materials.1.kind", "unknown_material")],
    ),
    "a material without a file": (
        {"materials": [STATEMENT, {"kind": "bank_statement"}]},
        [("materials.1.file", "missing_field")],
    ),
    "an unknown form field": (
        {"form": {"company_name": "B", "shoe_size": "43"}},
        [("form.shoe_size", "unknown_field")],
    ),
    "a form without its field": ({"form": {}}, [("form.company_name", "missing_field")]),
    "a form field of another type": (
        {"form": {"company_name": 5}},
        [("form.company_name", "invalid_value")],
    ),
    "a zero byte in a form": ({"form": {"company_name": "B\x00"}}, [("form.company_name", "invalid_value")]),
    "everything at once": (
        {"stage": "heaven", "form": {}, "materials": [{"kind": "wand", "file": {"key": "k"}}]},
        [
            ("stage", "unknown_stage"),
            ("form.company_name", "missing_field"),
            ("materials.0.kind", "unknown_material"),
            ("materials", "missing_material"),
        ],
    ),
}


@pytest.mark.parametrize(("changes", "wrong"), AVATARS.values(), ids=AVATARS)
def test_a_bad_avatar_is_refused_with_path_and_code(
    api: Api, desk: Desk, changes: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    response = api.submit({**avatar_body(), **changes})

    assert response.status_code == 422
    assert problems(response) == wrong
    assert desk.rows(submission) == []


@pytest.mark.parametrize(("changes", "wrong"), VERIFICATIONS.values(), ids=VERIFICATIONS)
def test_a_bad_verification_is_refused_with_path_and_code(
    api: Api, desk: Desk, changes: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    response = api.submit({**verification_body(), **changes})

    assert response.status_code == 422
    assert problems(response) == wrong
    assert desk.rows(submission) == []


def test_a_problem_says_where_which_and_what_to_do(api: Api) -> None:
    response = api.submit({**avatar_body(), "file": {}})

    body = response.json()
    assert body["type"] == "urn:proofdesk:problem:invalid_request"
    assert (body["title"], body["status"]) == ("Unprocessable Content", 422) or body["title"] == "Unprocessable Entity"
    assert body["detail"] == "file.key: This field is required."
    assert body["errors"] == [
        {
            "path": "file.key",
            "pointer": "#/file/key",
            "code": "missing_field",
            "message": "This field is required.",
        }
    ]


RAW = {
    "not json": (b"{", [("", "invalid_json")]),
    "a list": (b"[]", [("", "invalid_value")]),
    "nothing": (b"", [("", "missing_field")]),
    "null": (b"null", [("", "invalid_value")]),
    "no kind at all": (b"{}", [("kind", "missing_field")]),
    "half a character as a name": (b'{"kind": "avatar", "\\ud800": 1}', None),
    "half a character as a value": (b'{"kind": "\\ud800"}', None),
    "not utf-8": (b'{"kind": "\xff"}', None),
    "a number beyond all bounds": (b'{"kind": "avatar", "file": {"key": "k", "length": 1e999}}', None),
    "a number of a thousand digits": (b'{"kind": ' + b"9" * 1000 + b"}", None),
    "very deep": (b'{"kind": "avatar", "member": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", None),
}


@pytest.mark.parametrize(("raw", "wrong"), RAW.values(), ids=RAW)
def test_a_body_that_is_no_submission_is_a_problem_of_the_caller(
    api: Api, raw: bytes, wrong: list[tuple[str, str]] | None
) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}

    response = api.call("POST", "/v1/submissions", key=api.submit_key, content=raw, headers=headers)

    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == "application/problem+json"
    assert wrong is None or problems(response) == wrong


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/submissions?limit=0", 422, "invalid_request"),
        ("/v1/submissions?limit=201", 422, "invalid_request"),
        ("/v1/submissions?cursor=nonsense", 422, "invalid_request"),
        ("/v1/submissions?cursor=ä", 422, "invalid_request"),
        ("/v1/submissions?state=lost", 422, "invalid_request"),
        ("/v1/submissions?member_id=%00", 422, "invalid_request"),
        ("/v1/members/%00/membership", 422, "invalid_request"),
        ("/v1/submissions/not-an-id", 422, "invalid_request"),
        ("/v1/submissions/01890a5d-ac96-774b-bcce-b302099a8057", 404, "not_found"),
        ("/v1/nothing", 404, "not_found"),
        ("/v1/uploads", 405, "method_not_allowed"),
        ("/public/avatars/nobody/nothing.jpg", 404, "not_found"),
    ],
)
def test_a_bad_address_is_a_problem_of_the_caller(api: Api, path: str, status: int, code: str) -> None:
    response = api.get(path) if "?" not in path else api.call("GET", path, key=api.submit_key)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("once", ["x" * 201, ""])
def test_an_idempotency_key_has_a_length(api: Api, once: str) -> None:
    headers = {"Idempotency-Key": once}

    response = api.call("POST", "/v1/submissions", key=api.submit_key, json=avatar_body(), headers=headers)

    assert response.status_code == 422
    assert problems(response)[0][0] == "Idempotency-Key"


def test_a_member_of_any_language_is_welcome(api: Api) -> None:
    name = "Zoë 李小龙 🚪"

    assert api.submit({**avatar_body(), "member": member(name=name)}).status_code == 202
