from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config.container import Container
from pipeline.kernel.errors import StorageUnavailable
from pipeline.kernel.storage import Downloaded, Storage
from pipeline.notification.tables import mail
from pipeline.submission import lifecycle
from pipeline.submission.lifecycle import Transition
from pipeline.submission.tables import finding, rendition
from pipeline.tasks.rules import INSPECT
from tests.drawings import BAD, bad_file
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.faults import without_storage
from tests.support.files import digest, photo
from tests.support.mails import words
from tests.support.servers import variant

REFUSED_FOR = {
    "cut_jpeg": {"truncated_image"},
    "png_named_jpg": {"unsupported_type", "type_mismatch"},
    "one_byte_too_large": {"file_too_large"},
    "zero_bytes": {"empty_file"},
    "decompression_bomb": {"too_many_pixels"},
    "encrypted_pdf": {"pdf_encrypted"},
}
FOR_AVATARS = {"cut_jpeg", "png_named_jpg", "one_byte_too_large", "zero_bytes"}


def found(desk: Desk, submission: UUID) -> set[str]:
    return {each.code for each in desk.submission(submission).findings}


def test_a_clean_photo_goes_to_review_with_its_renditions(desk: Desk) -> None:
    body = photo(side=700)
    submission = desk.submit_avatar(body=body, filename="me.jpg", media_type="image/jpeg", length=len(body))

    desk.inspect()

    view = desk.submission(submission)
    assert (view.state, view.version, view.findings) == ("in_review", 2, ())
    (file,) = view.materials
    assert (file.bytes, file.sha256, file.media_type) == (len(body), digest(body), "image/jpeg")
    assert (file.width, file.height, file.pages) == (700, 700, None)
    sizes = [(row.purpose, row.page, row.width, row.height) for row in desk.rows(rendition)]
    assert sorted(sizes) == [("large", 1, 512, 512), ("small", 1, 128, 128)]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_codes_and_a_mail_that_says_why(desk: Desk, name: str) -> None:
    file = bad_file(name)
    key = desk.upload(file.body, media_type=file.media_type)
    body = avatar_body(key, filename=file.filename)
    if name not in FOR_AVATARS:
        body = verification_body({"bank_statement": key})
    submission = desk.accept(body).id

    desk.inspect()

    view = desk.submission(submission)
    assert view.state == "refused"
    assert found(desk, submission) == REFUSED_FOR[name]
    assert desk.rows(rendition) == []
    (frozen,) = desk.rows(mail)
    assert (frozen.cause_id, frozen.template, frozen.state) == (submission, "submission_refused", "pending")
    errors = [each.message for each in view.findings if each.severity == "error"]
    assert [each for each in errors if each not in frozen.text] == []


def test_a_refusal_is_mailed_once_and_says_that_no_chance_is_spent(desk: Desk) -> None:
    desk.submit_verification(body=b"hello")

    desk.run_due()
    desk.run_due()

    (sent,) = desk.mails()
    assert sent["Subject"] == "Please upload your materials again"
    assert "it counts as none of your chances" in words(sent)


def test_an_object_that_never_came_is_refused(desk: Desk) -> None:
    submission = desk.accept(avatar_body("avatar/never-uploaded")).id

    desk.inspect()

    assert (desk.state(submission), found(desk, submission)) == ("refused", {"object_missing"})


@pytest.mark.parametrize(
    ("declared", "code"),
    [({"length": 5}, "length_mismatch"), ({"sha256": "0" * 64}, "content_mismatch")],
    ids=["length", "sha256"],
)
def test_a_file_that_is_not_what_was_declared_is_refused(desk: Desk, declared: dict[str, Any], code: str) -> None:
    submission = desk.submit_avatar(**declared)

    desk.inspect()

    assert (desk.state(submission), found(desk, submission)) == ("refused", {code})
    assert desk.keys(desk.tools.storage.vault) == []


def test_a_file_that_is_what_was_declared_is_accepted(desk: Desk) -> None:
    body = photo()
    submission = desk.submit_avatar(body=body, length=len(body), sha256=digest(body).upper())

    desk.inspect()

    assert desk.state(submission) == "in_review"


def test_one_bad_material_refuses_all_of_them_and_both_are_told(desk: Desk) -> None:
    keys = {"store_back_office": desk.upload(b"no picture"), "store_flow": desk.upload(b"")}
    submission = desk.accept(verification_body(keys, identity="online_retailer")).id

    desk.inspect()

    by_material = {(each.material, each.code) for each in desk.submission(submission).findings}
    assert desk.state(submission) == "refused"
    assert by_material == {("store_back_office", "unsupported_type"), ("store_flow", "empty_file")}


class MeanwhileStorage(Storage):
    """The real store; the moment before it gives a file away, something else happens."""

    def meanwhile(self, happens: Callable[[], object]) -> None:
        self.happens = happens

    def download(self, bucket: str, key: str, to: Path, *, cap: int) -> Downloaded | None:
        self.happens()
        return super().download(bucket, key, to, cap=cap)


@pytest.mark.parametrize("body", [photo(), b"something to refuse"], ids=["sound", "bad"])
def test_a_submission_that_is_superseded_while_it_is_looked_at_stays_so(
    desk: Desk, tools: Container, body: bytes
) -> None:
    submission = desk.submit_avatar(body=body)
    row = desk.only_task(INSPECT)
    slow = variant(tools)
    storage = MeanwhileStorage.__new__(MeanwhileStorage)
    vars(storage).update(vars(tools.storage))
    storage.meanwhile(lambda: desk.accept(avatar_body()))
    vars(slow)["storage"] = storage

    desk.perform(row.id, INSPECT, tools=slow)

    assert desk.state(submission) == "superseded"
    assert [each.state for each in desk.tasks(INSPECT)] == ["done", "ready"]
    assert (desk.rows(finding), desk.rows(rendition), desk.rows(mail)) == ([], [], [])


def test_while_the_store_is_away_the_work_comes_back(desk: Desk) -> None:
    submission = desk.submit_avatar()
    row = desk.only_task(INSPECT)

    with without_storage(desk.tools) as cut_off:
        desk.perform(row.id, INSPECT, tools=cut_off)

    waiting = desk.only_task(INSPECT)
    assert (waiting.state, waiting.attempts, waiting.waits) == ("ready", 0, 1)
    assert waiting.last_error.startswith(StorageUnavailable.__name__)
    assert desk.state(submission) == "received"
    desk.let_backoff_pass()
    desk.inspect()
    assert desk.state(submission) == "in_review"


def test_the_day_of_an_avatar_begins_with_its_upload(desk: Desk) -> None:
    key = desk.upload(photo())
    [(_, written_at)] = desk.tools.storage.listed(desk.tools.storage.uploads, prefix=key)
    submission = desk.accept(avatar_body(key)).id
    desk.sql(
        "UPDATE submission SET accepted_at = accepted_at + interval '2 hours', due_at = due_at + interval '2 hours'"
    )

    desk.inspect()

    due = desk.submission(submission).due
    assert due.promise_at == written_at + timedelta(hours=24)
    assert due.why == "24 hours by the clock from upload"


def test_a_withdrawn_submission_is_not_looked_at(desk: Desk) -> None:
    submission = desk.submit_avatar()
    with desk.tools.db.begin() as connection:
        lifecycle.transition(connection, submission, Transition.WITHDRAWN, actor="m-1")

    desk.inspect()

    assert desk.state(submission) == "withdrawn"
    assert desk.only_task(INSPECT).state == "done"
    assert desk.keys(desk.tools.storage.vault) == []
