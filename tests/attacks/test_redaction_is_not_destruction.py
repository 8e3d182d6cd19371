"""One person alone covers a page, and destroys nothing by it."""

from typing import Any
from uuid import UUID

import pytest

from pipeline.access.staff.rules.roles import Role
from pipeline.inspection.blacken import blackened
from pipeline.intake.accept import withdraw
from pipeline.kernel.errors import AlreadyThere, Forbidden, Stale
from pipeline.review.cases.redaction import redact
from pipeline.review.cases.sealed import confirm, put_back, sealed_redactions
from pipeline.submission.tables import material, rendition
from pipeline.tasks.rules import FORGET_UPLOADS, INSPECT
from schemas.claims import Claim
from schemas.decisions import Redaction
from tests.support.colleagues import people
from tests.support.desk import Desk
from tests.support.erasing import Eraser, retain_in
from tests.support.files import digest, photo
from tests.support.http import Api
from tests.support.people import signed_in

BOX = {"x": 100, "y": 100, "w": 500, "h": 400}


@pytest.fixture(autouse=True)
def colleagues(desk: Desk) -> None:
    people(desk, "s-1", roles=(Role.SENIOR,))


def cover(desk: Desk, held: Claim, *, box: dict[str, int] = BOX) -> UUID:
    (first, *_) = desk.case(held).materials
    command = Redaction.model_validate({"token": held.token, "material_id": first.id, "page": 1, "boxes": [box]})
    return redact(held.id, command, reviewer_id=held.reviewer, context=desk.tools.review, burn=blackened)


def waiting(desk: Desk, body: bytes | None = None, member_id: str = "m-1") -> Claim:
    desk.submit_verification(member_id, body=body)
    desk.inspect()
    desk.run_due(FORGET_UPLOADS)  # the upload itself: the original is a copy of it
    return desk.claimed()


def kept(desk: Desk) -> dict[str, str]:
    """The hash of each file in the vault and in quarantine."""
    storage = desk.tools.storage
    return {
        key: digest(storage.read(bucket, key) or b"")
        for bucket in (storage.vault, storage.uploads)
        for key in desk.keys(bucket)
    }


def shown(desk: Desk) -> dict[Any, str]:
    return {(row.material_id, row.purpose, row.page): row.sha256 for row in desk.rows(rendition)}


def test_who_covers_a_page_and_approves_alone_destroys_nothing(desk: Desk) -> None:
    held = waiting(desk)
    before, pages = kept(desk), shown(desk)

    cover(desk, held)
    desk.approve(held)
    desk.run_due()

    assert before.items() <= kept(desk).items()
    assert set(shown(desk).values()).isdisjoint(pages.values())


def test_what_is_sealed_is_on_no_page_and_no_sweep_takes_it(desk: Desk) -> None:
    held = waiting(desk)
    before = kept(desk)

    cover(desk, held)
    retain_in(desk, 3653)  # the case is still open

    assert before.items() <= kept(desk).items()
    assert before.keys().isdisjoint(row.key for row in desk.rows(rendition))
    assert all(key not in str(desk.case(held)) for key in before)


def test_a_second_person_who_agrees_lets_it_be_destroyed_and_the_first_cannot(desk: Desk) -> None:
    held = waiting(desk)
    before = kept(desk)
    redaction = cover(desk, held)

    with pytest.raises(Forbidden):
        confirm(redaction, reviewer_id=held.reviewer, db=desk.tools.db)
    confirm(redaction, reviewer_id="s-1", db=desk.tools.db)
    desk.run_due()

    assert before.keys().isdisjoint(kept(desk))
    assert sealed_redactions(db=desk.tools.db) == ()
    with pytest.raises(AlreadyThere):
        put_back(redaction, by="lead", db=desk.tools.db)


def test_it_is_destroyed_once_the_decision_is_final_and_not_a_day_before(desk: Desk) -> None:
    held = waiting(desk)
    before = kept(desk)
    cover(desk, held)
    desk.approve(held)
    desk.run_due()
    days = desk.tools.policy.console.sealed_days

    retain_in(desk, days - 1)
    desk.run_due()
    still = kept(desk)
    retain_in(desk, days + 1)
    desk.run_due()

    assert before.items() <= still.items()
    assert before.keys().isdisjoint(kept(desk))


def test_a_lead_puts_it_back_and_the_history_says_so(desk: Desk) -> None:
    held = waiting(desk)
    pages = shown(desk)
    redaction = cover(desk, held)
    lead = signed_in(desk.tools, "l.lead", roles=(Role.LEAD,))

    assert str(held.submission_id) in lead.get("/console/redactions").text
    assert lead.post(f"/console/redactions/{redaction}", do="put_back").status_code == 303

    assert shown(desk) == pages
    assert desk.sql("SELECT count(*) FROM material WHERE upload_key IS NULL") == [(0,)]
    assert desk.history(held.submission_id)[-1] == "redaction.put_back"


def test_a_page_that_was_covered_twice_is_put_back_in_order(desk: Desk) -> None:
    held = waiting(desk)
    pages = shown(desk)
    first = cover(desk, held)
    second = cover(desk, held, box={"x": 0, "y": 0, "w": 100, "h": 100})

    with pytest.raises(Stale):
        put_back(first, by="lead", db=desk.tools.db)
    put_back(second, by="lead", db=desk.tools.db)
    put_back(first, by="lead", db=desk.tools.db)

    assert shown(desk) == pages


def test_identical_files_of_the_member_are_covered_too_and_nobody_elses(desk: Desk) -> None:
    same = photo()
    desk.submit_avatar("m-1", body=same)
    desk.submit_verification("m-2", body=same)
    desk.inspect()
    desk.submit_verification("m-1", body=same)
    desk.inspect()
    before = shown(desk)
    members = "SELECT m.id FROM material m JOIN submission s ON s.id = m.submission_id WHERE s.member_id = :id"
    own = {row.id for row in desk.sql(members, id="m-1")}
    held = next(each for each in (desk.claimed() for _ in range(3)) if desk.case(each).member_id == "m-1")

    redaction = cover(desk, held)
    after = shown(desk)
    put_back(redaction, by="lead", db=desk.tools.db)

    assert {
        material for (material, purpose, page), sha in after.items() if before[material, purpose, page] != sha
    } == own
    assert shown(desk) == before


def test_an_erasure_takes_what_is_sealed_along(desk: Desk, api: Api) -> None:
    cover(desk, waiting(desk))
    eraser = Eraser(desk, api)

    eraser.erase()
    eraser.to_the_end()

    assert (kept(desk), desk.sql("SELECT * FROM sealed_original")) == ({}, [])


def test_a_senior_confirms_over_the_api(desk: Desk) -> None:
    redaction = cover(desk, waiting(desk))
    senior = Api(desk.tools, reviewer="s-1")

    (listed,) = senior.call("GET", "/v1/review/redactions", key=senior.review_key).json()
    answer = senior.post(f"/v1/review/redactions/{redaction}/confirm")

    assert (listed["redaction_id"], answer.status_code) == (str(redaction), 204)


def two_with_one_file(desk: Desk, *, second: str) -> tuple[Claim, str]:
    """A claimed case, and the original of another submission of the same member with the same file, which is in that state."""
    same = photo()
    desk.submit_avatar("m-1", body=same)
    other = desk.submit_verification("m-1", body=same)
    desk.run_due(INSPECT, FORGET_UPLOADS)
    if second == "closed":
        withdraw(other, caller="test", db=desk.tools.db)
    held = next(each for each in (desk.claimed() for _ in range(2)) if each.submission_id != other)
    (key,) = (row.upload_key for row in desk.rows(material) if row.submission_id == other)
    return held, key


def originals(desk: Desk) -> set[str]:
    return set(desk.keys(desk.tools.storage.uploads))


@pytest.mark.parametrize("by", ["a second person", "time"])
def test_the_original_of_another_open_submission_stays_until_that_one_ends(desk: Desk, by: str) -> None:
    held, others = two_with_one_file(desk, second="open")
    (other,) = (row.submission_id for row in desk.rows(material) if row.upload_key == others)
    redaction = cover(desk, held)
    if by == "a second person":
        confirm(redaction, reviewer_id="s-1", db=desk.tools.db)
    else:
        withdraw(held.submission_id, caller="test", db=desk.tools.db)
        retain_in(desk, desk.tools.policy.console.sealed_days + 1)
    desk.run_due()
    while_open = originals(desk)
    named = [row.upload_key for row in desk.rows(material) if row.submission_id == other]

    withdraw(other, caller="test", db=desk.tools.db)
    retain_in(desk, 0)
    desk.run_due()

    assert (while_open, named) == ({others}, [others])
    assert originals(desk) == set()
    assert sealed_redactions(db=desk.tools.db) == ()


def test_the_original_of_another_submission_that_has_ended_goes_with_the_first(desk: Desk) -> None:
    held, others = two_with_one_file(desk, second="closed")
    redaction = cover(desk, held)

    confirm(redaction, reviewer_id="s-1", db=desk.tools.db)
    desk.run_due()

    assert others not in originals(desk)
