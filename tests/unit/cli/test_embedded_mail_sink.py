from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.embedded.mail_sink import Folder

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MAIL = b"Subject: Hello\r\n\r\nGood day.\r\n"


def test_a_mail_becomes_one_file_with_its_envelope_before_it(tmp_path: Path) -> None:
    path = Folder(tmp_path).keep(MAIL, sender="a@example.org", recipients=["b@example.org", "c@example.org"], now=NOON)

    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.name.startswith("20260102T120000.000000Z-")
    envelope = b"X-Envelope-From: a@example.org\r\nX-Envelope-To: b@example.org, c@example.org\r\n"
    assert path.read_bytes() == envelope + MAIL


def test_the_same_mail_twice_in_the_same_instant_is_kept_twice(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    first = folder.keep(MAIL, sender="", recipients=["b@example.org"], now=NOON)
    second = folder.keep(MAIL, sender="", recipients=["b@example.org"], now=NOON)

    assert first != second
    assert len(list(tmp_path.glob("*.eml"))) == 2


def test_an_unfinished_file_of_a_killed_sink_is_removed_and_a_mail_is_not(tmp_path: Path) -> None:
    kept = Folder(tmp_path).keep(MAIL, sender="", recipients=["b@example.org"], now=NOON)
    (tmp_path / ".20260102T120000Z-1.eml.unfinished").write_bytes(b"half a ma")

    Folder(tmp_path)

    assert list(tmp_path.iterdir()) == [kept]


def test_a_mail_that_cannot_be_stored_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "mail")
    (tmp_path / "mail").rmdir()

    with pytest.raises(FileNotFoundError):
        folder.keep(MAIL, sender="", recipients=["b@example.org"], now=NOON)
