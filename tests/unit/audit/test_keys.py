import base64
from pathlib import Path

import pytest

from pipeline.audit.keys import digests_beside, digests_of, trusted
from pipeline.kernel.errors import Misconfigured
from pipeline.kernel.signing import Signer
from pipeline.kernel.signing import signer_of as signer_of_variable

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(32)).decode()


def signer_of(setting: str) -> Signer:
    return signer_of_variable(setting, "PROOFDESK_AUDIT_SIGNING_KEY")


def test_a_signature_is_believed_of_a_trusted_key_for_these_words_only() -> None:
    one, other = signer_of(KEY), signer_of(OTHER)
    known = trusted(one.public)

    assert known.believes(one.name, one.sign(b"words"), b"words")
    assert not known.believes(one.name, one.sign(b"words"), b"other words")
    assert not known.believes(one.name, other.sign(b"words"), b"words")
    assert not known.believes(other.name, other.sign(b"words"), b"words")
    assert not known.believes(one.name, b"", b"words")


def test_a_key_that_signed_before_is_trusted_by_its_public_key() -> None:
    before = signer_of(OTHER)

    known = trusted(setting=[base64.b64encode(before.public).decode()])

    assert known.believes(before.name, before.sign(b"words"), b"words")


def test_a_key_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")

    assert signer_of(f"file:{tmp_path / 'key'}").public == signer_of(KEY).public


@pytest.mark.parametrize("wrong", ["", "x", KEY[:-4], KEY + KEY, "file:/nowhere/key", "ключ"])
def test_a_wrong_key_is_refused_in_words_that_do_not_tell_it(wrong: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        signer_of(wrong)

    assert not wrong or wrong.startswith("file:") or wrong == "x" or wrong not in str(raised.value)


def test_no_key_shows_in_a_representation() -> None:
    signer = signer_of(KEY)

    assert "00010203" not in repr((signer, digests_beside(signer), digests_of(KEY)))
    assert repr(digests_of(KEY)) == "Digests()"


def test_a_digest_tells_nothing_without_its_key_and_is_the_same_with_it() -> None:
    one, other = digests_of(KEY), digests_of(OTHER)

    assert one.of("ana@example.com") == one.of("ana@example.com")
    assert one.of("ana@example.com") != other.of("ana@example.com")
    assert one.of("ana@example.com") != one.of("ana@example.org")
    assert "ana" not in one.of("ana@example.com")
