"""The copy for a member has what they gave and what is said of them, and nothing of anybody else."""

import zipfile
from pathlib import Path

import pytest

from pipeline.kernel.errors import NotFound
from pipeline.workflows.erasure.begin import Asked
from pipeline.workflows.erasure.copy import export
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.files import photo
from tests.support.http import Api

ASKED = Asked(actor="boss", trace="t")


def copy_of(desk: Desk, to: Path, member_id: str = "m-1") -> dict[str, bytes]:
    export(member_id, to, asked=ASKED, db=desk.tools.db, storage=desk.tools.storage)
    with zipfile.ZipFile(to) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def shown(desk: Desk, member_id: str, body: bytes) -> None:
    desk.accept(avatar_body(desk.upload(body), member_id=member_id))
    desk.inspect()
    desk.approve(note="Looks like a banker", message="Welcome")
    desk.run_due()


def test_it_has_the_members_data_and_files_without_secrets_and_notes(desk: Desk, tmp_path: Path) -> None:
    mine, another = photo(), photo()
    shown(desk, "m-1", mine)
    shown(desk, "m-2", another)

    found = copy_of(desk, tmp_path / "copy.zip")

    assert b"ada@shop.example.com" in found["data/submission.json"]
    assert b"Welcome" in found["data/decision.json"]
    assert mine in found.values()
    assert another not in found.values()
    assert not any(word in body for body in found.values() for word in (b"banker", b"r-1", b"m-2"))
    assert len([name for name in found if name.startswith("files/")]) == 5


def test_of_a_member_under_a_hold_it_has_what_the_hold_keeps(desk: Desk, api: Api, tmp_path: Path) -> None:
    shown(desk, "m-1", photo())
    eraser = Eraser(desk, api)
    eraser.hold()
    eraser.erase()

    found = copy_of(desk, tmp_path / "copy.zip")

    assert b"ada@shop.example.com" in found["data/submission.json"]
    assert b"banker" not in found["data/decision.json"]


def test_of_nobody_there_is_no_copy(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        copy_of(desk, tmp_path / "copy.zip", "m-9")
