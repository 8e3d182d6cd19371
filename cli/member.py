from typing import Annotated

import typer

from cli.erasure import erase, erasure, export, hold, release, verify_receipt
from cli.output import AsJson, console, print_json, styled, when
from cli.tools import operator, tools
from pipeline.access.member_sessions import make_link
from pipeline.kernel.validation import parse
from pipeline.submission.profile import require_profile
from schemas.sessions import SessionRequest

app = typer.Typer(no_args_is_help=True, help="A member's page, their data, its erasure, and legal holds.")


@app.callback()
def _group() -> None:
    """A member's page, their data, its erasure, and legal holds."""


app.command()(erase)
app.command()(erasure)
app.command()(export)
app.command()(hold)
app.command()(release)
app.command("verify-receipt")(verify_receipt)


@app.command()
def link(
    member_id: Annotated[str, typer.Argument(help="The member's id.")],
    name: Annotated[str, typer.Option(help="The member's name, as the reviewer and the mail show it.")],
    email: Annotated[str, typer.Option(help="The address for results.")],
    locale: Annotated[str, typer.Option(help="The member's language.")] = "en",
    gender: Annotated[str | None, typer.Option(help="As the reviewer sees it.")] = None,
    age_band: Annotated[str | None, typer.Option(help="As the reviewer sees it, for example 30-39.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a link to the member's page, as an upstream service does. It opens once, within a few minutes."""
    member = {"name": name, "email": email, "locale": locale, "gender": gender, "age_band": age_band}
    request = parse(SessionRequest, {"member_id": member_id, "member": member})
    with tools() as tool:
        require_profile(request.member, tool.policy)
        made = make_link(
            request, made_by=operator(), web_url=tool.settings.web_url, db=tool.db, rules=tool.policy.member_page
        )
    if as_json:
        print_json(made)
        return
    console.print(made.url, soft_wrap=True, highlight=False)
    until = f"{made.expires_at:%H:%M:%S} UTC ({when(made.expires_at)})"
    console.print(styled("[dim]It opens once, until {until}.[/dim]", until=until))
