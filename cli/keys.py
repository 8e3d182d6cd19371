from typing import Annotated
from uuid import UUID

import typer

from cli.output import AsJson, console, print_json, styled
from cli.tools import tools
from config.container import Container
from pipeline.access.api_keys import Scope, create_key, revoke_key
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.kernel.errors import Invalid, Problem

app = typer.Typer(no_args_is_help=True, help="API keys: make and revoke.")


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is, for the logs: for example member-centre.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; may be repeated.")],
    reviewer: Annotated[
        str | None, typer.Option(help="In the embedded profile only: the reviewer that the key speaks for.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once. Only a hash of it is stored. A key for reviewing is made by its person, in the console."""
    with tools() as tool:
        _require_no_person(tool, scope, reviewer)
        if reviewer is not None:
            add_reviewer(reviewer, db=tool.db)
        key_id, key = create_key(name, scope, reviewer_id=reviewer, actor="cli", db=tool.db)
    if as_json:
        print_json({"id": str(key_id), "name": name, "scopes": sorted(scope), "reviewer": reviewer, "key": key})
        return
    console.print(key, soft_wrap=True)
    line = "[dim]Keep it now: it is not shown again. Revoke it with: proofdesk key revoke {key_id}[/dim]"
    console.print(styled(line, key_id=key_id), soft_wrap=True)


def _require_no_person(tool: Container, scopes: list[Scope], reviewer: str | None) -> None:
    """A key that speaks for a person is that person's to make. Only a trial on one machine may do without. Raises Invalid."""
    where = f"{tool.settings.web_url}/console/account"
    if (Scope.REVIEW in scopes or reviewer) and tool.settings.profile == "production":
        message = f"A key for reviewing speaks for one person, who signs in and makes it at {where}"
        raise Invalid([Problem("--scope", "made_by_its_person", message)])
    if Scope.REVIEW in scopes and reviewer is None:
        message = "A key with scope review speaks for a reviewer: add --reviewer NAME."
        raise Invalid([Problem("--reviewer", "missing_field", message)])


@app.command()
def revoke(key_id: Annotated[UUID, typer.Argument(help="The key's id.")]) -> None:
    """Revoke a key: it is refused from now on."""
    with tools() as tool:
        revoke_key(key_id, actor="cli", db=tool.db)
    console.print(f"Key {key_id} is revoked.")
