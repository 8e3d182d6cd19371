import hashlib
import mimetypes
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import orjson
import typer

from cli.output import AsJson, print_fields, print_json
from cli.tools import tools
from config.container import Container
from pipeline.access.rules.keys import service_problem
from pipeline.intake.accept import accept
from pipeline.intake.records import Door
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.idempotency import once
from pipeline.kernel.ids import new_id
from pipeline.kernel.validation import parse_submission

OWNER = "cli"


def submit(  # noqa: PLR0913, PLR0917  (each is an option of the command)
    files: Annotated[
        list[str], typer.Argument(help="An avatar's FILE, or KIND=FILE for each material: bank_statement=may.pdf")
    ],
    member: Annotated[str, typer.Option(help="The member's id.")],
    name: Annotated[str, typer.Option(help="The member's name, as the reviewer and the mail show it.")],
    email: Annotated[str, typer.Option(help="The address for the result.")],
    stage: Annotated[str | None, typer.Option(help="The stage to unlock; without it the file is an avatar.")] = None,
    identity: Annotated[str | None, typer.Option(help="The identity to verify.")] = None,
    form: Annotated[
        list[str] | None, typer.Option(help="A field of the identity's form, FIELD=VALUE; may be repeated.")
    ] = None,
    locale: Annotated[str, typer.Option(help="The member's language.")] = "en",
    idempotency_key: Annotated[
        str | None, typer.Option(help="A repeated command with the same key submits once.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="The service that it is submitted for, as `key list --json` says it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Upload files and submit them: an avatar, or with --stage a verification by materials."""
    if service is not None and (problem := service_problem(service)):
        raise Invalid([problem])
    base: dict[str, Any] = {"member_id": member, "member": {"name": name, "email": email, "locale": locale}}
    with tools() as tool:
        if stage is None:
            command = {**base, "kind": "avatar", "file": _avatar_file(files, tool)}
        else:
            command = {
                **base,
                "kind": "verification",
                "method": "materials",
                "stage": stage,
                "identity": identity or "",
            }
            command |= {"form": _pairs(form or [], "--form"), "materials": _materials(files, tool)}
        parsed = parse_submission(command)
        key = idempotency_key or str(uuid4())
        answer = accept(
            parsed,
            door=Door("cli", OWNER, str(new_id()), service),
            now=clock.now(),
            context=tool.intake,
            request=once(
                owner=service or OWNER,
                key=key,
                operation="submissions.accept",
                sent=command,
                validated=parsed.model_dump(mode="json"),
            ),
        )
    if as_json:
        print_json(answer)
    else:
        print_fields(
            {**answer.model_dump(mode="json"), "due": f"{answer.due.promise_at:%Y-%m-%d %H:%M} UTC: {answer.due.why}"}
        )


def _avatar_file(files: list[str], tool: Container) -> dict[str, Any]:
    if len(files) != 1:
        raise Invalid(
            [Problem("FILE", "one_file", "An avatar is one file. For a verification add --stage and --identity.")]
        )
    return _uploaded(files[0], "avatar", tool)


def _materials(files: list[str], tool: Container) -> list[dict[str, Any]]:
    return [{"kind": kind, "file": _uploaded(path, "material", tool)} for kind, path in _pairs(files, "FILE").items()]


def _pairs(given: list[str], where: str) -> dict[str, str]:
    pairs = dict(each.partition("=")[::2] for each in given)
    if wrong := [name for name, value in pairs.items() if not value]:
        raise Invalid([Problem(where, "not_a_pair", f"Write NAME=VALUE; {wrong[0]!r} has no value.")])
    return pairs


def _uploaded(path: str, purpose: str, tool: Container) -> dict[str, Any]:
    """Put the file into the quarantine, named by its hash, so that a repeated command names the same object."""
    source = Path(path)
    try:
        body = source.read_bytes()
    except OSError as error:
        raise Invalid([Problem("FILE", "unreadable_file", f"{path} cannot be read: {error.strerror}.")]) from error
    media_type = mimetypes.guess_type(source.name)[0] or "application/octet-stream"
    digest = hashlib.sha256(body).hexdigest()
    key = f"{purpose}/cli/{digest}"
    tool.storage.put_upload(key, body, media_type=media_type)
    return {"key": key, "filename": source.name, "media_type": media_type, "length": len(body), "sha256": digest}


def read_json(source: str) -> Any:
    """JSON from a file, or from standard input for `-`. Raises Invalid."""
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return orjson.loads(raw)
    except (OSError, orjson.JSONDecodeError) as error:
        raise Invalid([Problem(source, "invalid_json", f"This is not valid JSON: {error}")]) from error
