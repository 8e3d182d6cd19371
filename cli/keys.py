from dataclasses import asdict
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from cli.durations import duration
from cli.output import AsJson, console, print_json, print_listed, styled
from cli.tools import operator, tools
from config.container import Container
from pipeline.access import members
from pipeline.access.api_keys import create_key, list_keys, revoke_key
from pipeline.access.key_rotation import Rotator, rotate_key
from pipeline.access.rules.keys import OF_A_TEST, Bounds
from pipeline.access.rules.scopes import Scope
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.errors import Invalid, Problem
from pipeline.ownership.tables import Owned
from schemas.keys import KeyView

app = typer.Typer(
    no_args_is_help=True, help="API keys: make, list, rotate and revoke; and what belongs to their services."
)

KeyId = Annotated[UUID, typer.Argument(help="The key's id, as `key list` prints it.")]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is, for the logs: for example member-centre.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may do; may be repeated. A test key has all it may have without any."),
    ] = None,
    reviewer: Annotated[
        str | None,
        typer.Option(help="In the embedded profile only: the reviewer that the key speaks for; added if new."),
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Only for members whose id begins like this: shop-1-")] = None,
    service: Annotated[
        str | None, typer.Option(help="The service that it belongs to. Keys of one service see what each of them sent.")
    ] = None,
    expires_in: Annotated[
        timedelta | None, typer.Option(parser=duration, metavar="TIME", help="When it ends: 30m, 24h, 90d …")
    ] = None,
    test: Annotated[
        bool,
        typer.Option(
            "--test", help="For trials: what it sends is decided by itself and mailed to nobody (docs/api.md)."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once. Only a hash of it is stored. A key for reviewing is made by its person, in the console."""
    bounds = Bounds(service, prefix, expires_in, test)
    scope = scope or (list(OF_A_TEST) if test else [])
    with tools() as tool:
        _require_no_person(tool, scope, reviewer)
        key_id, key = create_key(name, scope, reviewer_id=reviewer, actor=operator(), bounds=bounds, db=tool.db)
        if reviewer is not None:
            add_reviewer(reviewer, actor=operator(), db=tool.db)
    if as_json:
        print_json(
            {"id": str(key_id), "name": name, "scopes": sorted(scope), "reviewer": reviewer, "test": test, "key": key}
        )
        return
    _print_key(key, f"Revoke it with: proofdesk key revoke {key_id}")


def _require_no_person(tool: Container, scopes: list[Scope], reviewer: str | None) -> None:
    """A key that speaks for a person is that person's to make. Only a trial on one machine may do without. Raises Invalid."""
    where = f"{tool.settings.web_url}/console/account"
    if (Scope.REVIEW in scopes or reviewer) and tool.settings.profile == "production":
        message = f"A key for reviewing speaks for one person, who signs in and makes it at {where}"
        raise Invalid([Problem("--scope", "made_by_its_person", message)])


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the keys, without their secrets. Expired and revoked ones are at the end."""
    with tools() as tool:
        found = [KeyView.model_validate(row, from_attributes=True) for row in list_keys(db=tool.db)]
    columns = ["id", "name", "state", "scopes", "prefix", "speaks for", "expires", "last used"]
    rows = [
        (
            each.id,
            each.name,
            f"{each.state}, test" if each.test else each.state,
            " ".join(each.scopes),
            each.members_prefix,
            each.reviewer_id,
            each.expires_at,
            each.last_used_at,
        )
        for each in found
    ]
    print_listed(found, columns, rows, as_json=as_json, empty="There is no key.")


@app.command()
def rotate(
    key_id: KeyId,
    overlap: Annotated[
        timedelta | None,
        typer.Option(parser=duration, metavar="TIME", help="How long the present key stays valid: 0h, 30m, 24h …"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a new key for the same service, once. It sees what the present key sent, and repeats its requests."""
    with tools() as tool:
        made = rotate_key(key_id, overlap=overlap, by=Rotator(operator()), rules=tool.policy.api_keys, db=tool.db)
    if as_json:
        print_json(asdict(made))
        return
    _print_key(made.key, f"The key before, {key_id}, is valid until {made.previous_valid_until:%Y-%m-%d %H:%M} UTC.")


@app.command()
def revoke(key_id: KeyId, as_json: AsJson = False) -> None:
    """Revoke a key: it is refused from now on, and so are the members' sessions that it made."""
    with tools() as tool:
        revoke_key(key_id, actor=operator(), db=tool.db)
    if as_json:
        print_json({"id": str(key_id), "state": "revoked"})
        return
    console.print(f"Key {key_id} is revoked.")


@app.command()
def give(
    kind: Annotated[Owned, typer.Argument(help="What is given.")],
    name: Annotated[str, typer.Argument(help="The member's id, or the `source` of events.")],
    service: Annotated[str, typer.Argument(help="The service that owns it from now on, as `key list --json` says it.")],
    as_json: AsJson = False,
) -> None:
    """Make a service the owner of a member or a source, with what belongs to no service of a member's."""
    with tools() as tool:
        moved = members.give(kind, name, service=service, actor=operator(), db=tool.db)
    if as_json:
        print_json({"kind": kind, "name": name, "service": service, "submissions": moved})
        return
    console.print(f"{name} belongs to {service}, with {moved} submissions from before.", markup=False)


def _print_key(key: str, then: str) -> None:
    console.print(key, soft_wrap=True)
    console.print(styled("[dim]Keep it now: it is not shown again. {then}[/dim]", then=then), soft_wrap=True)
