from pathlib import Path

import pytest

from config.policy import POLICY_FILE, load_policy
from pipeline.errors import Misconfigured

SHIPPED = POLICY_FILE.read_text()


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def changed(old: str, new: str) -> str:
    assert old in SHIPPED
    return SHIPPED.replace(old, new, 1)


def test_the_shipped_policy_has_the_numbers_of_the_domain() -> None:
    policy = load_policy()

    assert policy.attempts.per_method == 5
    assert policy.files.avatar.max_bytes == 3 * 1024 * 1024
    assert policy.files.avatar.media_types == ("image/jpeg",)
    assert policy.clock.avatar_hours == 24
    assert (policy.clock.verification_target_days, policy.clock.verification_promise_days) == (2, 4)


def test_the_version_names_edition_and_content(policy_file: Path) -> None:
    policy_file.write_text(changed("per_method = 5", "per_method = 6"))

    other, shipped = load_policy(policy_file), load_policy()

    assert other.version.startswith("2026-11-")
    assert other.version != shipped.version
    assert load_policy().version == shipped.version


def test_a_policy_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_policy().attempts.per_method = 6  # type: ignore[misc]


def test_identities_that_share_materials_have_them() -> None:
    identities = load_policy().identities

    assert identities["manufacturer"].materials == identities["wholesaler"].materials


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("per_method = 5", "per_method = 0", "attempts.per_method: Input should be greater than 0"),
        ("per_method = 5", 'per_method = "five"', "attempts.per_method: Input should be a valid integer"),
        ("per_method = 5", "", "attempts.per_method: Field required"),
        ("per_method = 5", "per_method = 5\nper_day = 1", "attempts.per_day: Extra inputs are not permitted"),
        ("undo_window_seconds = 10", "undo_window_seconds = -1", "review.undo_window_seconds"),
        ("quality = 88", "quality = 100", "files.avatar.quality"),
        ('unlocked_by = ["verification"]', 'unlocked_by = ["luck"]', "ladder.1.unlocked_by.0"),
        ('store_name = "text"', 'store_name = "colour"', "facts.store_name"),
        ('facts = ["store_name"]', 'facts = ["shoe_size"]', "unknown facts ['shoe_size']; add them to [facts]"),
        ('materials = "wholesaler"', 'materials = "wizard"', "identities.service_provider.materials"),
        ('required = "all"', 'required = "some"', "identities.online_retailer.required"),
        ('store_link = "url"', 'store_link = "link"', "identities.online_retailer.form.store_link"),
    ],
)
def test_a_policy_that_is_wrong_says_where(policy_file: Path, old: str, new: str, says: str) -> None:
    policy_file.write_text(changed(old, new))

    with pytest.raises(Misconfigured) as caught:
        load_policy(policy_file)

    assert str(caught.value).startswith(f"The policy {policy_file} is not valid: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('country = "DE"', 'country = "ATLANTIS"', "clock.country"),
        ('timezone = "Europe/Berlin"', 'timezone = "Mars/Olympus"', "clock.timezone"),
        ("working_weekdays = [0, 1, 2, 3, 4]", "working_weekdays = [7]", "clock.working_weekdays"),
        ('stage = "trusted"', 'stage = "verified"', "ladder"),
        ("page_side = 1600", "page_side = 9000", "files.material.page_side"),
    ],
    ids=["country", "timezone", "weekdays", "a stage twice", "a page too large"],
)
def test_a_policy_that_could_not_be_followed_is_refused_when_it_is_loaded(
    policy_file: Path, old: str, new: str, says: str
) -> None:
    policy_file.write_text(changed(old, new))

    with pytest.raises(Misconfigured, match=says):
        load_policy(policy_file)


@pytest.mark.parametrize("text", ["identities = 5", "identities = { shop = 5 }", "edition = 5", ""])
def test_a_policy_of_another_shape_is_refused_in_words(policy_file: Path, text: str) -> None:
    policy_file.write_text(text)

    with pytest.raises(Misconfigured, match="is not valid"):
        load_policy(policy_file)


@pytest.mark.parametrize("content", [b"edition =", b"\xff\xfe", None], ids=["no toml", "no utf-8", "no file"])
def test_a_policy_that_cannot_be_read_says_so(policy_file: Path, content: bytes | None) -> None:
    if content is not None:
        policy_file.write_bytes(content)

    with pytest.raises(Misconfigured, match="cannot be read"):
        load_policy(policy_file)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'browse = "Browsing all offers"\n',
            "",
            r"stage registered: benefits without a title \['browse'\]; add them to \[benefits\]",
        ),
        ('browse = "Browsing all offers"', 'browse = ""', "benefits.browse"),
        (
            "notifications = { title",
            "novelties = { title",
            r"mails are sent of the categories \['notifications'\]; add them",
        ),
    ],
    ids=["a benefit without a title", "an empty title", "a category that mails need"],
)
def test_a_policy_in_which_mails_would_find_no_words_is_refused(
    policy_file: Path, old: str, new: str, says: str
) -> None:
    policy_file.write_text(changed(old, new))

    with pytest.raises(Misconfigured, match=says):
        load_policy(policy_file)


def test_benefits_have_titles_and_what_is_none_stays_as_it_is() -> None:
    titles = load_policy().benefit_titles(["browse", "Priority support", "gone"])

    assert titles == ("Browsing all offers", "Priority support", "gone")
