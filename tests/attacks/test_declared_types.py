"""Honest files are declared as another type than they are: the content decides at every door, and a difference only advises the reviewer."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.submission.tables import material, submission
from tests.support.bodies import avatar_body, verification_body
from tests.support.command import command
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import BROWSER, Api, problems
from tests.support.sessions import Session

OTHER_TYPES: Final = ("image/png", "image/heic", "application/pdf", "text/html", "video/mp4", "application/x_odd+zip")
"""What a JPEG is declared to be, and is not."""
NO_OTHER_TYPE: Final = (
    "image/jpeg",
    "image/jpg",
    "IMAGE/PJPEG",
    "image/jpeg; charset=binary",
    "image/*",
    "*/*",
    "application/octet-stream",
)
"""Declarations that say nothing else than what the JPEG is."""


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 200), (90, 90, 90)).save(out, "PNG")
    return out.getvalue()


def uploaded(caller: Api | Session, body: bytes, declared: str, purpose: str = "avatar") -> str:
    """The key of a file that was put into a slot for a file of the declared type."""
    asked = {"purpose": purpose, "media_type": declared, "length": len(body)}
    slot = caller.post("/v1/uploads", asked, once=f"upload {purpose} {declared}").json()
    assert BROWSER.put(slot["url"], content=body, headers=slot["headers"]).status_code == 200
    return str(slot["key"])


Results = list[tuple[str, list[tuple[str, str]]]]


def inspected(desk: Desk) -> Results:
    """The state of each submission, with the findings and how grave they are."""
    desk.inspect()
    views = [desk.submission(row.id) for row in desk.rows(submission)]
    return [(view.state, [(each.code, each.severity) for each in view.findings]) for view in views]


ADVISED: Final[Results] = [("in_review", [("type_mismatch", "warning")])]
SOUND: Final[Results] = [("in_review", [])]


@pytest.mark.parametrize("declared", [*OTHER_TYPES, *NO_OTHER_TYPE])
@pytest.mark.parametrize("purpose", ["avatar", "material"])
def test_a_slot_is_opened_whatever_its_file_is_said_to_be(purpose: str, declared: str, api: Api) -> None:
    answer = api.post("/v1/uploads", {"purpose": purpose, "media_type": declared, "length": 1000})

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("declared", ["image/png", "text/html"])
def test_a_slot_of_another_type_takes_the_file_and_the_reviewer_is_told(declared: str, api: Api, desk: Desk) -> None:
    key = uploaded(api, photo(), declared)

    assert api.submit(avatar_body(key)).status_code == 202
    assert inspected(desk) == ADVISED


@pytest.mark.parametrize("declared", ["image/jpeg; charset=binary", "image/*"])
def test_a_declaration_that_says_nothing_else_is_no_difference(declared: str, api: Api, desk: Desk) -> None:
    key = uploaded(api, photo(), declared)

    assert api.submit(avatar_body(key, media_type=declared)).status_code == 202
    assert inspected(desk) == SOUND


def test_what_the_submission_declares_counts_before_what_the_slot_does(api: Api, desk: Desk) -> None:
    key = uploaded(api, photo(), "image/png")

    assert api.submit(avatar_body(key, media_type="image/jpeg")).status_code == 202
    assert inspected(desk) == SOUND


def test_the_content_is_refused_whatever_its_slot_was_opened_for(api: Api, desk: Desk) -> None:
    key = uploaded(api, png(), "image/jpeg")

    assert api.submit(avatar_body(key, filename="me.jpg", media_type="image/jpeg")).status_code == 202
    assert inspected(desk) == [("refused", [("unsupported_type", "error"), ("type_mismatch", "warning")])]


@pytest.mark.parametrize("said", [{"filename": "x.png"}, {"media_type": "image/png"}, {"filename": "a.pdf"}], ids=str)
def test_over_http_a_name_or_a_type_only_advises(said: Mapping[str, str], api: Api, desk: Desk) -> None:
    assert api.submit(avatar_body(desk.upload(photo()), **said)).status_code == 202

    assert inspected(desk) == ADVISED


def test_in_a_message_of_the_queue_a_name_or_a_type_only_advises(desk: Desk) -> None:
    body = verification_body({"bank_statement": desk.upload(photo(), media_type="application/pdf")})
    body["materials"][0]["file"] |= {"filename": "may.pdf", "media_type": "application/pdf; version=1.7"}
    sent = QueueMessage(json.loads(json.dumps(body)), "once", "trace", None)

    accept_message(sent, now=clock.now(), context=desk.tools.intake)

    assert desk.parked() == []
    assert inspected(desk) == ADVISED
    assert [row.declared_type for row in desk.rows(material)] == ["application/pdf"]


@pytest.mark.parametrize("name", ["x.png", "me.pdf", "me", "me.unheard-of"])
def test_at_a_terminal_a_file_may_have_any_name(
    name: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.write_bytes(photo())
    run = command(desk.tools, monkeypatch)

    given = run("submit", str(file), "--member", "m-1", "--name", "Lin", "--email", "lin@example.com", "--json")

    assert given.exit_code == 0, given.output
    assert inspected(desk) == (ADVISED if name in {"x.png", "me.pdf"} else SOUND)


def test_on_the_members_page_a_name_or_a_type_only_advises(api: Api, desk: Desk) -> None:
    page = Session(api)
    key = uploaded(page, photo(), "image/png")

    answer = page.post("/v1/submissions", page.avatar(key, file={"key": key, "filename": "x.png"}))

    assert answer.status_code == 202, answer.text
    assert inspected(desk) == ADVISED


@pytest.mark.parametrize("declared", ["", "picture", "image/", "/jpeg", "image/jpeg\r\nX-Other: 1", "image/jpeg x"])
def test_what_is_no_media_type_is_still_refused(declared: str, api: Api) -> None:
    answer = api.post("/v1/uploads", {"purpose": "avatar", "media_type": declared, "length": 1000})

    assert (answer.status_code, problems(answer)) == (422, [("media_type", "invalid_value")])
