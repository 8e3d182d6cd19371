"""What `deploy/` and `docs/` say of the code is so."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cli.main import COMMANDS
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


ELSEWHERE: Final = {
    "PROOFDESK_HOME": "of the embedded profile",
    "PROOFDESK_PROFILE": "of the embedded profile",
    "PROOFDESK_MAIL_FOLDER": "of the embedded profile",
    "PROOFDESK_WEB_HOST": "the image sets it",
    "PROOFDESK_WEB_PORT": "the ports of the service and the image's check name it",
    "PROOFDESK_AUDIT_SIGNING_KEY": "for relays alone",
    "PROOFDESK_MIGRATION_DATABASE_URL": "for migrate alone",
    "PROOFDESK_APPLICATION_ROLE": "for migrate alone",
    "PROOFDESK_READER_ROLE": "for migrate alone",
}
"""Settings that not all of our processes get, and why."""


def test_every_setting_in_the_compose_file_exists() -> None:
    assert _named(COMPOSE) <= VARIABLES.keys()


def test_every_setting_passes_to_all_of_our_processes_or_is_named_with_the_reason() -> None:
    passed = set(re.findall(rf"^  ({PREFIX}\w+):", _part("x-environment", "x-ours"), re.MULTILINE))

    assert passed == VARIABLES.keys() - ELSEWHERE.keys()


def test_what_is_for_one_service_alone_is_given_to_that_one_alone() -> None:
    given = {name: set(re.findall(rf"^      ({PREFIX}\w+):", words, re.MULTILINE)) for name, words in _services()}

    assert {name: found for name, found in given.items() if found} == {
        "relay": {"PROOFDESK_AUDIT_SIGNING_KEY"},
        "migrate": {"PROOFDESK_MIGRATION_DATABASE_URL", "PROOFDESK_APPLICATION_ROLE", "PROOFDESK_READER_ROLE"},
    }


def test_every_setting_in_the_example_environment_exists() -> None:
    assert _named(EXAMPLE) <= VARIABLES.keys()


def test_every_setting_that_the_image_sets_exists() -> None:
    assert _named(DOCKERFILE) <= VARIABLES.keys()


def test_the_table_of_settings_has_every_setting_with_its_default_and_no_other() -> None:
    rows = dict(re.findall(rf"^\| `({PREFIX}\w+)` \| `?(.*?)`? \|", README, flags=re.MULTILINE))

    assert rows == {name: _default(name) for name in VARIABLES}


def test_the_example_environment_explains_every_variable_that_the_compose_file_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE)) | set(re.findall(r"^ +([A-Z_]+):$", COMPOSE, re.MULTILINE))

    assert asked | {"COMPOSE_PROFILES"} == set(re.findall(r"^#?(\w+)=", EXAMPLE, flags=re.MULTILINE))


def test_a_secret_has_no_default_and_no_example() -> None:
    assert set(re.findall(r"\$\{(\w+):\?", COMPOSE)) == SECRETS
    assert not [name for name in SECRETS if re.search(rf"\$\{{{name}(?!:\?)", COMPOSE)]
    assert set(re.findall(r"^(\w+)=$", EXAMPLE, flags=re.MULTILINE)) == SECRETS


def test_every_service_has_a_limit_of_memory() -> None:
    services = _services()

    assert {"web", "worker", "relay", "migrate", "postgres", "valkey", "s3", "mailpit", "caddy"} == {
        name for name, _ in services
    }
    assert [name for name, words in services if not re.search(r"^    mem_limit: \d+[mg]\b", words, re.MULTILINE)] == []


def test_web_believes_the_proxy_of_this_file_by_its_address_and_nobody_by_itself() -> None:
    given = re.findall(r"FORWARDED_ALLOW_IPS: \$\{FORWARDED_ALLOW_IPS:-(.*?)\}", COMPOSE)
    caddys = re.findall(r"ipv4_address: (\S+)", COMPOSE)
    ranges = re.findall(r"ip_range: (\S+)", COMPOSE)

    assert given == caddys
    assert len(caddys) == len(ranges) == 1
    assert ip_address(caddys[0]) not in ip_network(ranges[0])  # another container would get its address


def test_nothing_is_published_beyond_this_machine_but_caddy() -> None:
    published = {name: re.findall(r"^    ports: \[(.*?)\]", words, re.MULTILINE) for name, words in _services()}

    assert {name: found for name, found in published.items() if found} == {
        "web": ['"127.0.0.1:8000:8000"'],
        "s3": ['"127.0.0.1:7070:7070"'],
        "mailpit": ['"127.0.0.1:8025:8025"'],
        "caddy": ['"80:80", "443:443", "443:443/udp"'],
    }
    assert COMPOSE.count("ports:") == len([found for found in published.values() if found])


def test_caddy_serves_web_and_the_store_by_the_names_that_the_environment_gives() -> None:
    caddyfile = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    served = re.findall(r"^\{\$(\w+)\} \{.*?reverse_proxy (\S+)$", caddyfile, re.MULTILINE | re.DOTALL)

    assert served == [("WEB_DOMAIN", "web:8000"), ("STORE_DOMAIN", "s3:7070")]


def test_every_command_that_a_guide_runs_in_a_container_exists() -> None:
    run = [
        found
        for page in PAGES
        for found in re.findall(r"docker compose.*? proofdesk ([a-z-]+)", page.read_text("utf-8"))
    ]

    assert len(run) > 3
    assert set(run) <= COMMANDS.keys()


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


def _part(first: str, following: str) -> str:
    return COMPOSE[COMPOSE.index(f"\n{first}:") : COMPOSE.index(f"\n{following}:")]


def _services() -> list[tuple[str, str]]:
    """Each service's name, and its lines."""
    lines = _part("services", "networks")
    return re.findall(r"^  (\w+):$(.*?)(?=^  \w+:$|\Z)", lines, re.MULTILINE | re.DOTALL)


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
