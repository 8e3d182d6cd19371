"""What `deploy/` and `docs/` say of the code is so."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.settings import PREFIX, Settings

ROOT: Final = Path(__file__).parents[3]
DOCKERFILE: Final = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
COMPOSE: Final = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
EXAMPLE: Final = (ROOT / "deploy/.env.example").read_text(encoding="utf-8")
README: Final = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
PAGES: Final = (ROOT / "deploy/README.md", *sorted((ROOT / "docs").rglob("*.md")))

VARIABLES: Final = {f"{PREFIX}{name.upper()}": field for name, field in Settings.model_fields.items()}
SECRETS: Final = {
    "POSTGRES_PASSWORD",
    "POSTGRES_APPLICATION_PASSWORD",
    "POSTGRES_READER_PASSWORD",
    "AUDIT_SIGNING_KEY",
    "AUDIT_DIGEST_KEY",
    "PROOFDESK_ENCRYPTION_KEYS",
    "VALKEY_PASSWORD",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
}


def test_every_setting_in_the_compose_file_exists() -> None:
    assert _named(COMPOSE) <= VARIABLES.keys()


def test_every_setting_in_the_example_environment_exists() -> None:
    assert _named(EXAMPLE) <= VARIABLES.keys()


def test_every_setting_that_the_image_sets_exists() -> None:
    assert _named(DOCKERFILE) <= VARIABLES.keys()


def test_the_table_of_settings_has_every_setting_with_its_default_and_no_other() -> None:
    rows = dict(re.findall(rf"^\| `({PREFIX}\w+)` \| `?(.*?)`? \|", README, flags=re.MULTILINE))

    assert rows == {name: _default(name) for name in VARIABLES}


def test_the_example_environment_explains_every_variable_that_the_compose_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))

    assert asked == set(re.findall(r"^#?(\w+)=", EXAMPLE, flags=re.MULTILINE))


def test_a_secret_has_no_default_and_no_example() -> None:
    assert set(re.findall(r"\$\{(\w+):\?", COMPOSE)) == SECRETS
    assert not [name for name in SECRETS if re.search(rf"\$\{{{name}(?!:\?)", COMPOSE)]
    assert set(re.findall(r"^(\w+)=$", EXAMPLE, flags=re.MULTILINE)) == SECRETS


def test_every_service_has_a_limit_of_memory() -> None:
    services = re.findall(
        r"^  (\w+):$(.*?)(?=^  \w+:$|\Z)",
        COMPOSE.partition("\nservices:")[2].partition("\nvolumes:")[0],
        re.MULTILINE | re.DOTALL,
    )

    assert {"web", "worker", "relay", "migrate", "postgres", "valkey", "s3", "mailpit"} <= {
        name for name, _ in services
    }
    assert [name for name, words in services if not re.search(r"^    mem_limit: \d+[mg]\b", words, re.MULTILINE)] == []


def test_web_is_told_which_proxies_to_believe_and_believes_none_by_itself() -> None:
    assert "FORWARDED_ALLOW_IPS: ${FORWARDED_ALLOW_IPS:-}" in COMPOSE


def test_only_web_and_the_mails_are_published_and_only_on_this_machine() -> None:
    published = re.findall(r"^ +ports: \[(.*)\]$", COMPOSE, flags=re.MULTILINE)

    assert published == ['"127.0.0.1:8000:8000"', '"127.0.0.1:8025:8025"']
    assert COMPOSE.count("ports:") == len(published)


def test_the_compose_file_is_valid() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    checked = subprocess.run(
        [*command, str(ROOT / "deploy/compose.yaml")], capture_output=True, text=True, check=False, timeout=60
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_image_runs_as_a_fixed_user_that_is_not_root() -> None:
    final_stage = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    users = re.findall(r"^USER (\d+):(\d+)$", final_stage, flags=re.MULTILINE)

    assert final_stage.count("\nUSER ") == len(users) == 1
    assert "0" not in users[0]


def test_the_dockerfile_names_no_index_and_no_registry() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)

    assert set(re.findall(r"https?://([^/:' ]+)", DOCKERFILE)) == {"127.0.0.1"}
    assert not re.search(r"index-url|trusted-host|find-links|pypi|\.org/", DOCKERFILE, flags=re.IGNORECASE)
    assert images == ["python:3.12-slim"] * 2


def test_the_build_installs_all_that_the_build_backend_needs_by_hashes_that_are_locked() -> None:
    found = re.search(r"keep = /\^\((.*?)\)==/", DOCKERFILE)
    installed = set(found[1].split("|")) if found else set()
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)

    assert installed == _needed("hatchling")
    assert installed <= set(locked)


def test_the_build_gets_every_package_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    let_through = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert packages == {name for name, to in re.findall(r"^COPY (\w+) (\w+)$", DOCKERFILE, re.MULTILINE) if name == to}
    assert packages <= set(let_through)


def test_every_link_of_the_documentation_leads_to_a_file() -> None:
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text("utf-8"))]

    assert links
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def _named(text: str) -> set[str]:
    return set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]", text))


def _default(name: str) -> str:
    field = VARIABLES[name]
    if field.is_required():
        return "required"
    return "none" if field.default is None else str(field.default)


def _needed(package: str) -> set[str]:
    """The package and all that it requires here, and what these require."""
    asked = [Requirement(line) for line in requires(package) or ()]
    wanted = [each.name for each in asked if each.marker is None or each.marker.evaluate({"extra": ""})]
    return {package}.union(*(_needed(canonicalize_name(name)) for name in wanted))
