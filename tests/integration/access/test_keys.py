from uuid import UUID

import pytest

from pipeline.access.api_keys import Scope, Unauthenticated, api_key, authenticate, create_key, revoke_key
from pipeline.kernel.errors import NotFound
from pipeline.kernel.ids import new_id
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api


def made(desk: Desk) -> tuple[UUID, str]:
    return create_key("upstream", [Scope.SUBMIT], reviewer_id="r-1", db=desk.tools.db)


def test_a_key_says_whose_it_is(desk: Desk) -> None:
    key_id, key = made(desk)

    caller = authenticate(key, db=desk.tools.db)

    assert (caller.key_id, caller.name, caller.reviewer_id) == (key_id, "upstream", "r-1")
    assert caller.scopes == {"submit"}


def test_a_key_is_kept_as_a_hash_only(desk: Desk) -> None:
    _, key = made(desk)

    (row,) = desk.rows(api_key)

    assert key.rpartition("_")[2] not in str(row)
    assert len(row.secret_sha256) == 64


def test_another_secret_or_another_id_is_refused_in_the_same_words(desk: Desk) -> None:
    _, key = made(desk)
    prefix, key_id, secret = key.split("_", 2)

    with pytest.raises(Unauthenticated) as wrong_secret:
        authenticate(f"{prefix}_{key_id}_{secret}x", db=desk.tools.db)
    with pytest.raises(Unauthenticated) as wrong_id:
        authenticate(f"{prefix}_{new_id().hex}_{secret}", db=desk.tools.db)

    assert str(wrong_secret.value) == str(wrong_id.value)


def test_a_revoked_key_is_refused_from_then_on(desk: Desk) -> None:
    key_id, key = made(desk)

    revoke_key(key_id, db=desk.tools.db)

    with pytest.raises(Unauthenticated):
        authenticate(key, db=desk.tools.db)
    with pytest.raises(NotFound):
        revoke_key(key_id, db=desk.tools.db)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_bearer_in_any_case(api: Api, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {api.submit_key}"}

    assert api.call("GET", "/v1/submissions", key=None, headers=headers).status_code == 200


def test_another_scheme_is_refused(api: Api) -> None:
    headers = {"Authorization": f"Basic {api.submit_key}"}

    assert api.call("GET", "/v1/submissions", key=None, headers=headers).status_code == 401


def test_a_key_for_review_that_speaks_for_nobody_is_refused(desk: Desk, api: Api) -> None:
    _, key = create_key("desk", [Scope.REVIEW], reviewer_id="r-1", db=desk.tools.db)
    desk.sql("UPDATE api_key SET reviewer_id = NULL WHERE name = 'desk'")

    response = api.call("GET", "/v1/review/queue", key=key)

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert "make one under Your account" in response.json()["detail"]


def test_personal_data_is_in_no_error_of_the_database(desk: Desk) -> None:
    """STYLE 10: what goes wrong is logged and kept with the task, so it must not quote the row."""
    desk.sql("ALTER TABLE submission ADD CONSTRAINT broken CHECK (member_id <> 'm-broken')")

    with pytest.raises(Exception, match="broken") as caught:
        desk.accept(avatar_body(member_id="m-broken"))
    desk.sql("ALTER TABLE submission DROP CONSTRAINT broken")

    assert "ada@shop.example.com" not in str(caught.value)
