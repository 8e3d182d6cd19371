"""Addresses, names and limits of one process, from the environment (`PROOFDESK_…`). The domain's numbers are in policy.toml."""

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.kernel.circuit_breaker import FAILURES, PAUSE_SECONDS
from pipeline.kernel.encryption import master_keys_problem
from pipeline.kernel.errors import Misconfigured
from pipeline.kernel.rules.validation_words import sentence_of
from pipeline.kernel.storage import origin_of

PREFIX: Final = "PROOFDESK_"
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://\S+[^/]$")]


class Settings(BaseSettings):
    """The settings of one process: from the environment, else from the embedded profile of this folder, else the defaults."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Path(".proofdesk")
    profile: Literal["production", "embedded"] = "production"
    database_url: str = Field(pattern=r"^postgresql(\+psycopg)?://")
    migration_database_url: str | None = Field(default=None, pattern=r"^postgresql(\+psycopg)?://")
    reader_database_url: str | None = Field(default=None, pattern=r"^postgresql(\+psycopg)?://")
    audit_signing_key: str | None = Field(default=None, repr=False)
    audit_digest_key: str | None = Field(default=None, repr=False)
    audit_trusted_keys: str = ""
    application_role: str | None = None
    reader_role: str | None = None
    broker_url: str = Field(pattern=r"^(redis|rediss|unix)://")
    storage_url: str = Field(pattern=r"^https?://")
    storage_public_url: str | None = Field(default=None, pattern=r"^https?://")
    smtp_url: str = Field(pattern=r"^(smtp|smtps|smtp\+starttls)://")
    web_url: WebAddress = "http://127.0.0.1:8000"
    web_host: str = "127.0.0.1"
    web_port: PositiveInt = 8000
    public_url: WebAddress | None = None
    bucket_uploads: str = "uploads"
    bucket_vault: str = "vault"
    bucket_public: str = "public"
    storage_put_once: bool = True
    vault_encryption: Literal["AES256", "aws:kms"] | None = None
    mail_from: str = "no-reply@proofdesk.example"
    mail_from_name: str = "Membership services"
    mail_folder: Path | None = None
    member_centre_url: WebAddress = "https://members.example.com"
    check_mail_domains: bool = False
    webhook_inside_hosts: str = ""
    sns_topic_arn: str | None = Field(default=None, pattern=r"^arn:aws[a-z-]*:sns:")
    encryption_kms_key: str | None = Field(default=None, min_length=1)
    encryption_kms_url: WebAddress | None = None
    encryption_keys: str | None = Field(default=None, repr=False, validate_default=True)
    policy_file: Path | None = None
    rates_file: Path | None = None
    receipt_key: str | None = Field(default=None, repr=False)
    vies_url: WebAddress | None = None
    cdn_purge_url: WebAddress | None = None
    cdn_purge_token: str | None = Field(default=None, repr=False)
    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://")
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    oidc_claim: str = "preferred_username"
    oidc_roles_claim: str | None = None
    oidc_roles: dict[str, Literal["reviewer", "senior", "lead", "admin"]] = {}
    sandbox: Literal["required", "best-effort"] = "required"
    log_format: Literal["json", "console", "auto"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    worker_threads: PositiveInt = 2
    webhook_threads: PositiveInt = 4
    intake_backlog: PositiveInt = 5000
    intake_at_once: PositiveInt = 4
    rate_limit: PositiveInt = 6000
    rate_window_seconds: PositiveInt = 60
    stranger_limit: PositiveInt = 3600
    api_docs: Literal["on", "off"] | None = None
    body_seconds: PositiveFloat = 15.0
    bodies_at_once: PositiveInt = 64
    head_seconds: PositiveFloat = 10.0
    answer_seconds: PositiveFloat = 30.0
    web_connections: PositiveInt = 800
    worker_silent_seconds: float = Field(default=5.0, ge=3, le=60)
    circuit_failures: PositiveInt = FAILURES
    circuit_pause_seconds: PositiveFloat = PAUSE_SECONDS

    @field_validator("encryption_keys")
    @classmethod
    def _are_keys(cls, written: str | None, others: ValidationInfo) -> str | None:
        if written is None and others.data.get("encryption_kms_key") is None:
            raise ValueError("is missing: it seals secrets in the database. Make a key with: proofdesk secrets key")
        if written is not None and (problem := master_keys_problem(written)) is not None:
            raise ValueError(problem)
        return written

    @model_validator(mode="after")
    def _has_all_settings_of_the_provider(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError("set PROOFDESK_OIDC_CLIENT_ID and PROOFDESK_OIDC_CLIENT_SECRET too")
        if self.oidc_roles_claim and not self.oidc_roles:
            raise ValueError("map the values of PROOFDESK_OIDC_ROLES_CLAIM to roles in PROOFDESK_OIDC_ROLES")
        return self

    @cached_property
    def shows_api_docs(self) -> bool:
        """Whether `/docs` and `/openapi.json` answer: as `api_docs` says, else in the embedded profile only."""
        return self.api_docs == "on" if self.api_docs else self.profile == "embedded"

    @cached_property
    def public_base(self) -> str:
        """The public bucket's address for everybody; without a CDN our own web process serves it."""
        return self.public_url or f"{self.web_url}/public"

    @cached_property
    def page_origins(self) -> list[str]:
        """The origins of pages that members use: ours and the member centre's."""
        return [origin_of(self.web_url), origin_of(self.member_centre_url)]

    @cached_property
    def sqlalchemy_url(self) -> str:
        """The database's URL with the driver named: the application's role."""
        return _with_driver(self.database_url)

    @cached_property
    def owner_url(self) -> str:
        """The same database by the role that owns the tables and migrates."""
        return _with_driver(self.migration_database_url or self.database_url)

    @cached_property
    def reader_url(self) -> str:
        """The same database by a role that only reads, for doctor and statistics; the application's where none is set."""
        return _with_driver(self.reader_database_url or self.database_url)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (the signature is pydantic's)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (the signature is pydantic's)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the embedded profile that runs in this folder."""
        return init_settings, env_settings, _EmbeddedProfile(settings_cls)


class _EmbeddedProfile(PydanticBaseSettingsSource):
    """`<home>/environment.json`, which `proofdesk up` writes, so that commands in the folder find its servers."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  (pydantic's)
        """One field's value."""
        return self._values().get(f"{PREFIX}{field_name.upper()}"), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = self._values()
        names = self.settings_cls.model_fields
        return {name: values[key] for name in names if (key := f"{PREFIX}{name.upper()}") in values}

    def _values(self) -> dict[str, Any]:
        path = Path(os.environ.get(f"{PREFIX}HOME", ".proofdesk")) / "environment.json"
        try:
            values: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError):
            return {}
        return values if isinstance(values, dict) else {}


def load_settings() -> Settings:
    """The settings of this process. Raises Misconfigured, which names each missing or wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{_variable(item)}{_in_words(item)}" for item in error.errors()]
        hint = "Set them in the environment, or run `proofdesk up` in this folder and use another terminal."
        raise Misconfigured("The settings are not complete. " + "; ".join(lines) + f". {hint}") from error


def _variable(error: ErrorDetails) -> str:
    """The variable that is wrong; a rule over several names them itself."""
    return f"{PREFIX}{str(error['loc'][0]).upper()}: " if error["loc"] else ""


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _in_words(error: ErrorDetails) -> str:
    return "is missing" if error["type"] == "missing" else sentence_of(error)
