import pytest

from pipeline.kernel.rules.object_store import Meaning, meaning_of, shown
from schemas.object_keys import is_sound_key


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("NoSuchKey", 404, Meaning.MISSING),
        ("404", 404, Meaning.MISSING),
        ("NoSuchBucket", 404, Meaning.SETTINGS),
        ("SlowDown", 503, Meaning.AWAY),
        ("RequestTimeTooSkewed", 403, Meaning.AWAY),
        ("", 429, Meaning.AWAY),
        ("500", 500, Meaning.AWAY),
        ("SomethingNew", 599, Meaning.AWAY),
        ("NotImplemented", 501, Meaning.REFUSED),
        ("AccessDenied", 403, Meaning.REFUSED),
        ("SomethingNew", 400, Meaning.REFUSED),
        ("KMS.KeyUnavailableException", 400, Meaning.SETTINGS),
        ("PermanentRedirect", 301, Meaning.SETTINGS),
        ("307", 307, Meaning.SETTINGS),
    ],
)
def test_what_an_answer_means(code: str, status: int, meaning: Meaning) -> None:
    assert meaning_of(code, status) is meaning


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        ("folder/file.jpg", Meaning.AWAY),
        ("k" * 255, Meaning.AWAY),
        ("k" * 256, Meaning.REFUSED),
        ("é" * 128, Meaning.REFUSED),
        ("a/../b", Meaning.REFUSED),
        ("a//b", Meaning.REFUSED),
    ],
)
def test_a_fault_about_a_name_that_no_file_can_have_is_a_refusal(key: str, meaning: Meaning) -> None:
    assert meaning_of("InternalError", 500, key=key) is meaning
    assert meaning_of("SlowDown", 503, key=key) is Meaning.AWAY


@pytest.mark.parametrize("key", ["a", "a b", "a//b", "…/ü", "k" * 1024, "é" * 512, ".hidden", "..a", "a.", "\u2028"])
def test_keys_that_every_store_takes(key: str) -> None:
    assert is_sound_key(key)


@pytest.mark.parametrize(
    "key", ["", "/a", "a\x00", "\x7f", "\x9f", "k" * 1025, "é" * 513, "\ud800", "..", "a/./b", "a\\.."]
)
def test_keys_that_some_store_does_not_take(key: str) -> None:
    assert not is_sound_key(key)


@pytest.mark.parametrize(
    ("code", "words"), [("AccessDenied", "AccessDenied"), ("<b>x</b>", "an unknown code"), ("", "an unknown code")]
)
def test_only_a_plain_code_is_quoted(code: str, words: str) -> None:
    assert shown(code) == words
