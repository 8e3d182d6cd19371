"""The demo in a folder that was used before: old mails are not read, and what others left in the queue costs no time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from cli.demo.mailbox import Mailbox
from cli.demo.reviewer import Reviewer

MAIL = "To: {to}\nSubject: A code\nMessage-ID: <{id}@x>\nContent-Type: text/plain\n\nYour code is {code}.\n"


def arrives(folder: Path, name: str, to: str, code: str = "123456") -> None:
    (folder / f"{name}.eml").write_text(MAIL.format(to=to, id=name, code=code), encoding="utf-8")


def test_mails_from_before_are_neither_shown_nor_read(tmp_path: Path) -> None:
    arrives(tmp_path, "1", "a.run@example.com")
    (tmp_path / "2.eml").mkdir()  # reading it would fail
    box = Mailbox(tmp_path)

    arrives(tmp_path, "3", "b.run@example.com")

    assert [mail.file.name for mail in box.to(".run@example.com")] == ["3.eml"]


def test_a_mail_is_read_once(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    arrives(tmp_path, "1", "a.run@example.com")
    first = box.to(".run@example.com")

    arrives(tmp_path, "1", "a.run@example.com", code="999999")
    arrives(tmp_path, "2", "a.run@example.com", code="654321")

    assert box.to(".run@example.com")[0] is first[0]
    assert box.code_to("a.run@example.com") == "654321"


class Desk:
    """Answers as the API does where a thousand cases of others wait."""

    def __init__(self, waiting: int) -> None:
        self.waiting, self.skipped = waiting, 0

    def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        request = httpx.Request("POST", "http://desk")
        if path.endswith("/release"):
            self.skipped += body["skip_reason"] is not None
            return httpx.Response(200, request=request)
        if self.skipped == self.waiting:
            return httpx.Response(204, request=request)
        claim = {"id": "c-1", "token": "t-1"}
        case = {"submission_id": "s-1", "member_id": "m-1", "claim": claim}
        return httpx.Response(200, json=case, request=request)


def test_cases_of_others_are_set_aside_one_after_the_other_without_a_pause() -> None:
    desk = Desk(waiting=3)
    reviewer = Reviewer(desk, lambda _: None, lambda _: {}, run="abc123")  # type: ignore[arg-type]

    went_on = [reviewer._decide_next() for _ in range(4)]  # noqa: SLF001  (one step of the thread)

    assert went_on == [True, True, True, False]
    assert (desk.skipped, reviewer.set_aside, reviewer.errors) == (3, 3, [])
