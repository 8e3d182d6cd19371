import io

from PIL import Image

from pipeline.submission.tables import rendition
from pipeline.tasks.rules import INSPECT
from tests.drawings import material
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.files import digest, photo


def test_the_vault_holds_what_the_rows_say_and_not_the_members_bytes(desk: Desk) -> None:
    body = photo()
    desk.submit_avatar(body=body)

    desk.inspect()

    rows = desk.rows(rendition)
    vault = desk.tools.storage.vault
    stored = [desk.tools.storage.read(vault, row.key) or b"" for row in rows]
    assert [digest(each) for each in stored] == [row.sha256 for row in rows]
    assert [len(each) for each in stored] == [row.bytes for row in rows]
    assert digest(body) not in {digest(each) for each in stored}
    assert desk.keys(vault) == sorted(row.key for row in rows)


def test_a_statement_has_a_page_for_each_of_its_own(desk: Desk) -> None:
    file = material("bank_statement", identity="wholesaler", seed=1)
    key = desk.upload(file.body, media_type=file.media_type)
    submission = desk.accept(verification_body({"bank_statement": key})).id

    desk.inspect()

    pages = desk.submission(submission).materials[0].pages
    assert desk.state(submission) == "in_review"
    assert pages is not None
    assert sorted(row.page for row in desk.rows(rendition) if row.purpose == "large") == list(range(1, pages + 1))


def test_a_second_try_writes_under_other_keys_than_the_first(desk: Desk) -> None:
    desk.submit_avatar()
    row = desk.only_task(INSPECT)
    desk.sql("UPDATE task SET token = 6")

    desk.perform(row.id, INSPECT)

    assert {key.split("/")[2] for key in desk.keys(desk.tools.storage.vault)} == {"7"}


def test_a_photo_lying_on_its_side_is_shown_upright(desk: Desk) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (300, 100), "teal").save(out, "JPEG", exif=exif)
    desk.submit_avatar(body=out.getvalue())

    desk.inspect()

    large = next(row for row in desk.rows(rendition) if row.purpose == "large")
    assert large.height > large.width
