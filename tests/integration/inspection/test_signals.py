"""What inspection noticed, as it reaches the reviewer. It informs; it never decides."""

import io
from uuid import UUID

import pytest
from PIL import Image

from pipeline.kernel.errors import LeaseLost
from pipeline.tasks import ledger
from pipeline.tasks.rules import INSPECT
from schemas.cases import Case
from tests.drawings import avatar_photo, material
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk


def submit(desk: Desk, member_id: str, body: bytes = avatar_photo("portrait").body) -> UUID:
    key = desk.upload(body)
    return desk.accept(avatar_body(key, member_id=member_id)).id


def smaller(body: bytes) -> bytes:
    """The same picture at another size and quality: not one byte is the same."""
    saved = io.BytesIO()
    with Image.open(io.BytesIO(body)) as picture:
        picture.resize((400, 400)).save(saved, "JPEG", quality=70)
    return saved.getvalue()


def seen(desk: Desk) -> Case:
    claim = desk.claim_next()
    assert claim is not None
    return desk.case(claim)


def test_the_same_picture_of_another_member_is_shown_to_the_reviewer_and_refuses_nothing(desk: Desk) -> None:
    first = submit(desk, "m-1")
    desk.inspect()
    desk.approve()
    second = submit(desk, "m-2")
    desk.inspect()

    (file,) = seen(desk).materials

    assert desk.state(second) == "in_review"
    assert [(each.submission_id, each.member_id, each.exact) for each in file.duplicates] == [(first, "m-1", True)]


def test_a_picture_that_looks_like_another_members_is_shown_with_its_distance(desk: Desk) -> None:
    first = submit(desk, "m-1")
    desk.inspect()
    desk.approve()
    submit(desk, "m-2", smaller(avatar_photo("portrait").body))
    desk.inspect()

    (file,) = seen(desk).materials

    assert [(each.submission_id, each.exact) for each in file.duplicates] == [(first, False)]
    assert 0 <= file.duplicates[0].distance <= 7


def test_ones_own_earlier_picture_is_no_duplicate(desk: Desk) -> None:
    submit(desk, "m-1")
    desk.inspect()
    desk.approve()
    submit(desk, "m-1")
    desk.inspect()

    (file,) = seen(desk).materials

    assert file.duplicates == ()


def test_the_words_of_the_form_are_found_in_the_document_with_page_and_place(desk: Desk) -> None:
    statement = material("bank_statement", identity="wholesaler", seed=1)
    key = desk.upload(statement.body, media_type=statement.media_type)
    body = verification_body({"bank_statement": key})
    form = {"company_name": str(statement.facts["company_name"])}
    desk.accept({**body, "form": {**body["form"], **form}})
    desk.inspect()

    (file,) = seen(desk).materials

    found = file.signals["form"]
    assert found["source"] == "text_layer"
    assert found["fields"]["company_name"]["found"]
    assert found["fields"]["company_name"]["page"] == 1


def test_a_worker_whose_lease_was_taken_back_does_not_go_on_to_the_next_file(desk: Desk) -> None:
    desk.submit_avatar()
    row = desk.only_task(INSPECT)
    held = desk.tools.ledger.claim(INSPECT, str(row.id))
    assert held is not None
    ledger.renew(desk.tools.db, held)
    desk.sql("UPDATE task SET token = token + 1 WHERE id = :id", id=row.id)

    with pytest.raises(LeaseLost):
        ledger.renew(desk.tools.db, held)


def test_renewing_begins_the_lease_anew(desk: Desk) -> None:
    desk.submit_avatar()
    row = desk.only_task(INSPECT)
    held = desk.tools.ledger.claim(INSPECT, str(row.id))
    assert held is not None
    desk.sql("UPDATE task SET lease_until = now() + interval '1 second' WHERE id = :id", id=row.id)

    ledger.renew(desk.tools.db, held)

    left = desk.only_task(INSPECT).lease_until - desk.only_task(INSPECT).due_at
    assert left.total_seconds() > INSPECT.lease_seconds - 10
