import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from config.container import Container, build_container
from config.logging import configure_logging
from config.settings import load_settings
from pipeline.access.api_keys import Caller, Scope, authenticate
from pipeline.access.personal_keys import is_own
from pipeline.access.staff.accounts import require_right
from pipeline.access.staff.leads import require_lead
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel.credentials import Credential, CredentialKind, acting_by
from pipeline.kernel.errors import Forbidden, Invalid, Problem

REVIEW_KEY: Final = "PROOFDESK_REVIEW_KEY"


def operator() -> str:
    """Who runs a command, for the record: the user of the operating system, not a variable that anybody may set."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    return f"cli:{name}"


@contextmanager
def tools() -> Iterator[Container]:
    """The container of a command, by the environment or this folder's embedded profile; closed at the end.

    Commands print results on standard output; warnings are logged on standard error.
    """
    settings = load_settings()
    configure_logging("cli", log_format=settings.log_format, level="WARNING")
    container = build_container(settings, patient=False)
    try:
        yield container
    finally:
        container.close()


@contextmanager
def acting_as(named: str | None) -> Iterator[tuple[Container, str]]:
    """The same for a command in which a reviewer acts, with their id: the person of the key in PROOFDESK_REVIEW_KEY.

    A trial on one machine may name anybody. Raises Invalid, Unauthenticated, Forbidden.
    """
    with _tools_of(named) as (tool, reviewer):
        if os.environ.get(REVIEW_KEY) is not None:
            require_right(reviewer, Right.REVIEW, db=tool.db)
        yield tool, reviewer


@contextmanager
def leading(named: str | None, member_id: str | None = None) -> Iterator[tuple[Container, str]]:
    """The same for a command in which a lead corrects something of a member, also in a trial. Raises Forbidden for anybody else."""
    with _tools_of(named) as (tool, lead):
        require_lead(lead, member_id, db=tool.db)
        yield tool, lead


@contextmanager
def _tools_of(named: str | None) -> Iterator[tuple[Container, str]]:
    with tools() as tool:
        person, credential = _acting(tool, named, os.environ.get(REVIEW_KEY))
        with acting_by(credential):
            yield tool, person


def _acting(tool: Container, named: str | None, key: str | None) -> tuple[str, Credential]:
    if key is not None:
        return _person_of(authenticate(key, db=tool.db), tool)
    if tool.settings.profile != "production" and named is not None:
        return named, Credential(CredentialKind.COMMAND, "terminal")
    where = f"{tool.settings.web_url}/console/account"
    message = f"Say who you are by a key of your own: make it at {where} and set {REVIEW_KEY} to it."
    raise Invalid([Problem(REVIEW_KEY, "missing_field", message)])


def _person_of(caller: Caller, tool: Container) -> tuple[str, Credential]:
    if caller.reviewer_id is None or not caller.may(Scope.REVIEW):
        raise Forbidden("This key speaks for no reviewer. Sign in to the console and make one under Your account.")
    if tool.settings.profile == "production" and not is_own(caller.key_id, caller.reviewer_id, db=tool.db):
        raise Forbidden(f"{caller.reviewer_id} did not make this key, so it does not speak for them.")
    return caller.reviewer_id, Credential(CredentialKind.KEY, str(caller.key_id))
