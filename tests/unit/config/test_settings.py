import json
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from pipeline.kernel.encryption import fresh_key
from pipeline.kernel.errors import Misconfigured

NEEDED = {
    "PROOFDESK_DATABASE_URL": "postgresql://u:p@db/proofdesk",
    "PROOFDESK_BROKER_URL": "rediss://broker:6380/0",
    "PROOFDESK_STORAGE_URL": "https://store.example.com",
    "PROOFDESK_SMTP_URL": "smtp+starttls://u:p@mail:587",
    "PROOFDESK_ENCRYPTION_KEYS": fresh_key(),
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where nothing runs, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PROOFDESK_{name.upper()}", raising=False)
    return tmp_path


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("given")
def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFDESK_WORKER_THREADS", "8")

    settings = load_settings()

    assert settings.broker_url == "rediss://broker:6380/0"
    assert settings.sqlalchemy_url == "postgresql+psycopg://u:p@db/proofdesk"
    assert (settings.worker_threads, settings.profile) == (8, "production")
    assert settings.public_base == "http://127.0.0.1:8000/public"


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.usefixtures("given")
def test_a_variable_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(Misconfigured, match=f"{name}: is missing") as caught:
        load_settings()

    assert "proofdesk up" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROOFDESK_DATABASE_URL", "sqlite:///pd.db"),
        ("PROOFDESK_BROKER_URL", "amqp://broker"),
        ("PROOFDESK_STORAGE_URL", "s3://bucket"),
        ("PROOFDESK_SMTP_URL", "mail.example.com"),
        ("PROOFDESK_WEB_PORT", "0"),
        ("PROOFDESK_WEB_URL", "http://with.slash.example.com/"),
        ("PROOFDESK_LOG_LEVEL", "LOUD"),
        ("PROOFDESK_VAULT_ENCRYPTION", "rot13"),
    ],
)
@pytest.mark.usefixtures("given")
def test_a_variable_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(Misconfigured, match=name):
        load_settings()


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(Misconfigured) as caught:
        load_settings()

    assert [name for name in NEEDED if name not in str(caught.value)] == []


@pytest.mark.usefixtures("given")
def test_a_secret_is_not_told_by_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFDESK_DATABASE_URL", "mysql://root:hunter2@db/x")

    with pytest.raises(Misconfigured) as caught:
        load_settings()

    assert "hunter2" not in str(caught.value)


def test_the_embedded_profile_of_this_folder_is_found(elsewhere: Path) -> None:
    home = elsewhere / ".proofdesk"
    home.mkdir()
    (home / "environment.json").write_text(json.dumps({**NEEDED, "PROOFDESK_PROFILE": "embedded"}))

    settings = load_settings()

    assert (settings.profile, settings.smtp_url) == ("embedded", NEEDED["PROOFDESK_SMTP_URL"])


def test_the_embedded_profile_of_another_home_is_found(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "environment.json").write_text(json.dumps(NEEDED))
    monkeypatch.setenv("PROOFDESK_HOME", str(elsewhere))

    assert load_settings().broker_url == NEEDED["PROOFDESK_BROKER_URL"]


@pytest.mark.usefixtures("given")
def test_the_environment_comes_before_the_embedded_profile(elsewhere: Path) -> None:
    (elsewhere / ".proofdesk").mkdir()
    (elsewhere / ".proofdesk" / "environment.json").write_text('{"PROOFDESK_BROKER_URL": "redis://embedded"}')

    assert load_settings().broker_url == NEEDED["PROOFDESK_BROKER_URL"]


@pytest.mark.parametrize("content", ["{", "[]", '"text"', "null"])
@pytest.mark.usefixtures("given")
def test_an_environment_file_that_cannot_be_read_is_as_none(elsewhere: Path, content: str) -> None:
    (elsewhere / ".proofdesk").mkdir()
    (elsewhere / ".proofdesk" / "environment.json").write_text(content)

    assert load_settings().profile == "production"
