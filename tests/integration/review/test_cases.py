from tests.support.bodies import avatar_body, member
from tests.support.desk import Desk
from tests.support.files import digest
from tests.support.http import Api


def test_the_links_of_a_case_show_the_renditions_and_each_look_is_logged(desk: Desk, api: Api) -> None:
    submission = desk.submit_avatar()
    desk.inspect()

    case = api.post("/v1/review/claims", {}).json()
    again = api.call("GET", f"/v1/review/claims/{case['claim']['id']}", key=api.review_key)

    pages = case["materials"][0]["pages"]
    seen = [api.look(page["url"]) for page in pages]
    rows = desk.sql("SELECT sha256 FROM rendition ORDER BY purpose")
    assert again.status_code == 200
    assert [page["purpose"] for page in pages] == ["large", "small"]
    assert [(each.status_code, digest(each.content)) for each in seen] == [(200, row.sha256) for row in rows]
    assert {each.headers["content-type"] for each in seen} == {"image/jpeg"}
    assert {each.headers["cache-control"] for each in seen} == {"private, no-store"}
    assert desk.history(submission).count("material.viewed") == 2


def test_a_link_that_was_changed_shows_nothing(desk: Desk, api: Api) -> None:
    desk.submit_avatar()
    desk.inspect()
    large, small = api.post("/v1/review/claims", {}).json()["materials"][0]["pages"]

    prefix, _, token = large["url"].rpartition("/")
    other = small["url"].rpartition("/")[2]
    forged = [token[:40] + other[40:], token[:-1], f"{token}A", other + token, "x"]

    assert [api.look(f"{prefix}/{each}").status_code for each in forged] == [404] * 5


def test_the_case_of_a_claim_that_ran_out_is_not_shown(desk: Desk, api: Api) -> None:
    submission = desk.case_waiting()
    held = desk.claimed()
    desk.let_claim_expire(held)

    response = api.call("GET", f"/v1/review/claims/{held.id}", key=api.review_key)

    assert (response.status_code, response.json()["code"]) == (409, "claim_expired")
    assert "material.viewed" not in desk.history(submission)


def test_a_case_shows_who_the_member_is_and_what_was_decided_before(desk: Desk) -> None:
    said = member(gender="female", age_band="30-39", identity="wholesaler")
    first = desk.clear(desk.accept({**avatar_body(), "member": said}).id)
    desk.reject()
    desk.clear(desk.accept({**avatar_body(), "member": said}).id)

    case = desk.case(desk.claimed())

    shown = case.member.model_dump(include={"name", "gender", "age_band", "identity"})
    assert shown == {"name": said["name"], "gender": "female", "age_band": "30-39", "identity": "wholesaler"}
    assert [(each.submission_id, each.kind, each.verdict) for each in case.earlier] == [(first, "avatar", "reject")]
