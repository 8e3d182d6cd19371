from decimal import Decimal
from pathlib import Path

import pytest

from config.policy import POLICY_FILE, load_policy
from config.policy_lines import line_of, lines_of
from pipeline.kernel.errors import Misconfigured

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


def test_numbers_are_exact_decimals(policy_file: Path) -> None:
    policy_file.write_text(changed("spend = 20_000", "spend = 20_000.10"))

    assert load_policy(policy_file).ladder[2].spend == Decimal("20000.10")


def test_a_policy_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_policy().attempts.per_method = 6  # type: ignore[misc]


def test_identities_that_share_materials_have_them() -> None:
    identities = load_policy().identities

    assert identities["manufacturer"].materials == identities["wholesaler"].materials


def test_the_avatars_checklist_is_the_domains() -> None:
    assert [each.text for each in load_policy().avatar.checklist] == [
        "one person, not a group photo",
        "a personal photo in line with the business",
        "matches the member's stated gender, age and identity",
    ]


STATEMENT = {"bank_statement": "period; amount; company name"}
MUST_SHOW = {
    "online_retailer": {"store_back_office": "store name; order information", "store_flow": "period; amount"},
    "offline_retailer": {
        "store_photo": "store name",
        "business_licence": "entity name",
        "bank_statement": "transaction period; amount",
    },
    "wholesaler": STATEMENT,
    "service_provider": STATEMENT,
    "manufacturer": STATEMENT,
    "influencer": {"social_media_home": "account number (handle); number of followers"},
    "organization": STATEMENT,
    "other": STATEMENT,
}


@pytest.mark.parametrize(("identity", "shown"), MUST_SHOW.items())
def test_each_material_must_show_what_the_domain_says(identity: str, shown: dict[str, str]) -> None:
    materials = load_policy().identities[identity].materials

    assert {each.kind: "; ".join(item.text for item in each.must_show) for each in materials} == shown


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("per_method = 5", "per_method = 0", "attempts.per_method: Give a value above 0."),
        ("per_method = 5", 'per_method = "five"', "attempts.per_method: Give a whole number."),
        ("per_method = 5", "", "attempts.per_method: This field is required."),
        ("per_method = 5", "per_method = 5\nper_day = 1", "attempts.per_day: There is no such field."),
        ("undo_window_seconds = 10", "undo_window_seconds = -1", "review.undo_window_seconds"),
        ("quality = 88", "quality = 100", "files.avatar.quality"),
        ("max_pixels = 67_108_864", "max_pixels = 200_000_000", "files.avatar.max_pixels: Give 134217728 or less"),
        ("max_side = 16_384", "", "files.avatar.max_side: This field is required"),
        ("min_side = 1", "min_side = 0", "files.avatar.min_side: Give a value above 0"),
        ("max_pages = 50", "", "files.avatar.max_pages: This field is required"),
        ('unlocked_by = ["verification"]', 'unlocked_by = ["luck"]', "ladder.1.unlocked_by.0"),
        ('store_name = "text"', 'store_name = "colour"', "facts.store_name"),
        ('facts = ["store_name"]', 'facts = ["shoe_size"]', "unknown facts ['shoe_size']; add them to [facts]"),
        (
            'facts = ["company_name"]\n\n[business_email]',
            'facts = ["shoe_size"]\n\n[business_email]',
            "tax_number.checklist: unknown facts ['shoe_size']",
        ),
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
        ('country = "DE"', 'country = "DE"\nsubdivision = "XX"', "DE has no calendar for 'XX'"),
        ("avatar_warning_hours = 4", "avatar_warning_hours = 24", "the warning comes before the promise ends"),
        ("working_weekdays = [0, 1, 2, 3, 4]", "working_weekdays = [7]", "clock.working_weekdays"),
        ('stage = "trusted"', 'stage = "verified"', "ladder"),
        ("page_side = 1600", "page_side = 9000", "files.material.page_side"),
    ],
    ids=[
        "country",
        "timezone",
        "part of a country",
        "a warning too late",
        "weekdays",
        "a stage twice",
        "a page too large",
    ],
)
def test_a_policy_that_could_not_be_followed_is_refused_when_it_is_loaded(
    policy_file: Path, old: str, new: str, says: str
) -> None:
    policy_file.write_text(changed(old, new))

    with pytest.raises(Misconfigured, match=says):
        load_policy(policy_file)


@pytest.mark.parametrize(
    ("old", "new", "path", "says"),
    [
        ("spend = 20_000\n", "", "ladder.2.spend", "add the amount"),
        ("spend = 100_000", "spend = 20_000", "ladder.3.spend", "20000 is not more than the 20000 of a stage below"),
        ('unlocked_by = ["verification"]', 'unlocked_by = ["verification"]\nspend = 5', "ladder.1.spend", "remove it"),
        ('stage = "trusted"', 'stage = "verified"', "ladder", "the stages ['verified'] stand in it twice"),
        ("rate = 0.1320", "rate = -1", "spend.rates.CNY.0.rate", "Give a value above 0."),
        ("since = 2025-01-01, rate = 1.2", "since = 2026-01-01, rate = 1.2", "spend.rates.GBP", "order of their dates"),
        ("USD = [", "EUR = [", "spend", "EUR is the base currency"),
        ('refunds_below = "review"', 'refunds_below = "shrug"', "spend.refunds_below", "'keep' or 'review'"),
        ("per_method = 5", "", "attempts.per_method", "This field is required."),
        ('"premier"] #', '"gone"] #', "account.certified_levels", "'gone' is no stage of the ladder"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(policy_file: Path, old: str, new: str, path: str, says: str) -> None:
    text = changed(old, new)
    policy_file.write_text(text)

    with pytest.raises(Misconfigured) as caught:
        load_policy(policy_file)

    wanted = line_of([int(part) if part.isdigit() else part for part in path.split(".")], lines_of(text))
    assert f"line {wanted}: {path}: " in str(caught.value)
    assert says in str(caught.value)


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


def of_kind(kind: str, verdict: str) -> list[tuple[str, str, str, str]]:
    found = load_policy().reasons_for(kind=kind, verdict=verdict)
    return [(kind, verdict, reason.code, reason.text) for reason in found.values()]


@pytest.mark.parametrize(
    ("kind", "verdict", "code", "text"),
    [
        each
        for kind in ("avatar", "verification")
        for verdict in ("reject", "better_file")
        for each in of_kind(kind, verdict)
    ],
)
def test_a_reason_is_found_by_its_verdict(kind: str, verdict: str, code: str, text: str) -> None:
    assert load_policy().sentence(code, kind=kind, verdict=verdict) == text


def test_one_code_may_have_a_sentence_for_each_verdict() -> None:
    said = {
        load_policy().sentence("unreadable", kind="verification", verdict=each) for each in ("reject", "better_file")
    }

    assert said == {
        "Part of the material cannot be read. Please upload a sharper scan or photo.",
        "The file is too blurred, dark or small to read.",
    }


def test_a_rule_has_its_sentences_and_a_reason_that_is_gone_stays_a_code() -> None:
    policy = load_policy()

    assert policy.sentence("wrong_code", kind="verification", verdict="reject") == policy.rulings.wrong_code
    assert policy.sentence("cut_off", kind="verification", verdict="reject") == "cut_off"


@pytest.mark.parametrize("code", ["unreadable", "wrong_code"])
def test_a_code_that_one_verdict_has_twice_is_refused(policy_file: Path, code: str) -> None:
    policy_file.write_text(changed('code = "not_genuine"', f'code = "{code}"'))

    with pytest.raises(Misconfigured, match=rf"reasons.verification: the codes \['{code}'\] are given twice"):
        load_policy(policy_file)


def test_evidence_that_is_no_file_has_the_title_and_the_checklist_of_its_method() -> None:
    policy = load_policy()

    assert policy.title(identity="wholesaler", material="tax_number") == "Tax number"
    asked = policy.checklist(kind="verification", identity="wholesaler", material="tax_number")
    assert asked == policy.tax_number.checklist


def test_evidence_that_the_policy_no_longer_has_keeps_its_name_and_asks_nothing() -> None:
    policy = load_policy()

    assert policy.title(identity="wholesaler", material="store_photo") == "store_photo"
    assert policy.checklist(kind="verification", identity="wholesaler", material="business_email") == ()


def test_benefits_have_titles_and_what_is_none_stays_as_it_is() -> None:
    titles = load_policy().benefit_titles(["browse", "Priority support", "gone"])

    assert titles == ("Browsing all offers", "Priority support", "gone")
