"""A reviewer keeps the links of a case: they show nothing once the case is not theirs, and nothing to anybody who makes one up."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from pipeline.access.staff.tables import reviewer
from pipeline.account.unsubscribe import Leaving, token_of
from pipeline.review.claims.service import release
from pipeline.review.tables import claim
from pipeline.workflows.reviewers import disable
from schemas.claims import Claim
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.people import signed_in
from tests.support.servers import variant


def links(desk: Desk, held: Claim) -> list[str]:
    case = desk.case(held)
    pages = [page.url for each in case.materials for page in each.pages]
    return [*pages, *([case.current_avatar_url] if case.current_avatar_url else [])]


def with_an_avatar_before(desk: Desk) -> Claim:
    """A claimed case of a member who has an avatar."""
    desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.run_due()
    desk.submit_avatar()
    desk.inspect()
    return desk.claimed()


def released(desk: Desk, held: Claim) -> None:
    release(held.id, held.token, reviewer_id=held.reviewer, context=desk.tools.review)


def skipped(desk: Desk, held: Claim) -> None:
    release(held.id, held.token, reviewer_id=held.reviewer, context=desk.tools.review, skip_reason="know_member")


def approved(desk: Desk, held: Claim) -> None:
    desk.approve(held)


def rejected(desk: Desk, held: Claim) -> None:
    desk.reject(held)


def run_out(desk: Desk, held: Claim) -> None:
    desk.let_claim_expire(held)


def superseded(desk: Desk, _held: Claim) -> None:
    desk.submit_avatar()


def given_to_another(desk: Desk, held: Claim) -> None:
    released(desk, held)
    desk.claimed("r-2")


def disabled(desk: Desk, held: Claim) -> None:
    disable(held.reviewer, actor="boss", db=desk.tools.db)


def without_the_role(desk: Desk, held: Claim) -> None:
    with desk.tools.db.begin() as connection:
        connection.execute(update(reviewer).where(reviewer.c.id == held.reviewer).values(roles=["admin"]))


ENDS: list[Callable[[Desk, Claim], None]] = [
    released,
    skipped,
    approved,
    rejected,
    run_out,
    superseded,
    given_to_another,
    disabled,
    without_the_role,
]


@pytest.mark.parametrize("end", ENDS)
def test_no_link_of_a_case_outlives_the_claim(desk: Desk, api: Api, end: Callable[[Desk, Claim], None]) -> None:
    held = with_an_avatar_before(desk)
    kept = links(desk, held)
    before = [api.look(each).status_code for each in kept]

    end(desk, held)

    after = [api.look(each) for each in kept]
    assert before == [200, 200, 200]
    assert {each.status_code for each in after} <= {403, 404}
    assert all(b"\xff\xd8" not in each.content for each in after)


def test_the_consoles_links_end_with_the_claim_too(desk: Desk) -> None:
    held = with_an_avatar_before(desk)
    person = signed_in(desk.tools, held.reviewer)
    case = desk.case(held)
    paths = [
        f"/console/cases/{held.id}/pages/{each.id}/{page.page}/{page.purpose}"
        for each in case.materials
        for page in each.pages
    ]
    paths.append(f"/console/cases/{held.id}/beside/{case.current_avatar_id}")
    before = [person.get(each).status_code for each in paths]

    released(desk, held)

    assert before == [200, 200, 200]
    after = [person.get(each) for each in paths]
    assert {each.status_code for each in after} == {409}  # with what became of the case
    assert all(b"\xff\xd8" not in each.content for each in after)


def test_a_link_ends_by_itself_though_the_claim_goes_on(desk: Desk, api: Api) -> None:
    held = with_an_avatar_before(desk)
    seconds = desk.tools.policy.review.view_url_seconds
    policy = desk.tools.policy
    ended = policy.model_copy(update={"review": policy.review.model_copy(update={"view_url_seconds": -1})})
    past = desk.over(variant(desk.tools, policy=ended))

    gone = links(past, held)

    assert seconds > 0
    assert {api.look(each).status_code for each in gone} == {404}


def test_the_links_of_a_new_claim_work_and_the_old_ones_do_not(desk: Desk, api: Api) -> None:
    first = with_an_avatar_before(desk)
    old = links(desk, first)
    released(desk, first)

    second = desk.claimed()

    assert {api.look(each).status_code for each in links(desk, second)} == {200}
    assert {api.look(each).status_code for each in old} == {404}


def test_no_link_leads_into_the_store(desk: Desk) -> None:
    held = with_an_avatar_before(desk)

    found = links(desk, held)

    assert [each for each in found if "X-Amz" in each or desk.tools.storage.outside in each] == []
    assert [row for row in desk.rows(claim) if str(row.token) in "".join(found)] == []


def test_a_token_of_another_kind_of_link_shows_no_picture(desk: Desk, api: Api) -> None:
    with_an_avatar_before(desk)
    with desk.tools.db.begin() as connection:
        token = token_of(
            connection, Leaving("m-1", "notifications"), sealer=desk.tools.sealer, policy=desk.tools.policy
        )

    answer: Any = api.call("GET", f"/v1/review/pictures/{token}", key=None)

    assert answer.status_code == 404
