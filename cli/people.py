import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.output import AsJson, console, print_listed, styled, when
from cli.tools import operator, tools
from config.container import Container
from pipeline.access.staff import accounts, ownership
from pipeline.access.staff.factors.enrolled import end_factors
from pipeline.access.staff.invitations import invite, set_password
from pipeline.access.staff.oidc_login import unlink
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.workflows import reviewers
from pipeline.workflows.reviewers import give_back_related, relate

app = typer.Typer(no_args_is_help=True, help="The people who review.")

Id = Annotated[str, typer.Argument(help="The reviewer's id, for example m.lee.")]
Roles = Annotated[list[Role] | None, typer.Option("--role", help="What they are; may be repeated. Default: reviewer.")]
Languages = Annotated[
    list[str] | None,
    typer.Option("--language", help="A language that they read, such as es; may be repeated. Default: any."),
]
Related = Annotated[
    list[str] | None, typer.Option("--related-member", help="A member whose cases they never get; may be repeated.")
]
Companies = Annotated[list[str] | None, typer.Option("--company", help="A company, as forms name it; may be repeated.")]
Members = Annotated[list[str] | None, typer.Option("--member", help="A member's id; may be repeated.")]
Typed = Annotated[bool, typer.Option("--password", help="Ask for a password at this terminal.")]
Piped = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
Invited = Annotated[bool, typer.Option("--invite", help="Print a link with which they choose a password, good once.")]


@app.command()
def add(
    reviewer: Id,
    role: Roles = None,
    language: Languages = None,
    related_member: Related = None,
    name: Annotated[str | None, typer.Option(help="What others read. Default: the id.")] = None,
    typed: Typed = False,
    piped: Piped = False,
    invited: Invited = False,
) -> None:
    """Add a reviewer, or change what is given: name, roles, languages, and whose cases they must never get."""
    given = _password(typed=typed, piped=piped)
    with tools() as tool:
        add_reviewer(
            reviewer,
            name=name,
            roles=role or (),
            languages=language or (),
            related_members=related_member or (),
            actor=operator(),
            db=tool.db,
        )
        give_back_related(reviewer, db=tool.db)
        console.print(f"Reviewer {reviewer} can claim cases.")
        _set_up_sign_in(tool, reviewer, given, invited=invited)


@app.command("list")
def show_all(as_json: AsJson = False) -> None:
    """Everybody: roles, languages, whether they can sign in, and in how many browsers they are signed in."""
    with tools() as tool:
        found = accounts.list_people(db=tool.db, rules=tool.policy.sign_in)
    rows = [
        [each.reviewer_id, each.name, _words(each.roles), _words(each.languages), _state(each), each.sessions]
        for each in found
    ]
    columns = ["reviewer", "name", "roles", "languages", "state", "browsers"]
    print_listed([each.shown() for each in found], columns, rows, as_json=as_json, empty="Nobody yet.")


@app.command()
def roles(reviewer: Id, role: Roles = None, language: Languages = None) -> None:
    """Set what they are and read, in place of what they were and read."""
    with tools() as tool:
        accounts.change(reviewer, roles=role or [Role.REVIEWER], languages=language or [], actor=operator(), db=tool.db)
    console.print(
        f"{reviewer} is {_words(role or [Role.REVIEWER])}, and reads {_words(language or []) or 'any language'}."
    )


@app.command()
def password(reviewer: Id, piped: Piped = False, invited: Invited = False) -> None:
    """Set their password, or print a link with which they choose one. They are signed out where they were signed in."""
    given = None if invited else _password(typed=True, piped=piped)
    with tools() as tool:
        _set_up_sign_in(tool, reviewer, given, invited=invited)


@app.command()
def disable(reviewer: Id) -> None:
    """Sign them out everywhere, let them in no more, and refuse their API keys for reviewing."""
    with tools() as tool:
        reviewers.disable(reviewer, actor=operator(), db=tool.db)
    console.print(f"{reviewer} is disabled. Undo it with: proofdesk reviewer enable {reviewer}")


@app.command()
def enable(reviewer: Id) -> None:
    """Enable a disabled person again."""
    with tools() as tool:
        accounts.enable(reviewer, actor=operator(), db=tool.db)
    console.print(f"{reviewer} may sign in again.")


@app.command("relate")
def add_relations(reviewer: Id, member: Members = None, company: Companies = None) -> None:
    """Say with whom they have to do: they get no case of these any more, and what they hold goes back to the queue."""
    with tools() as tool:
        for each in member or ():
            relate(reviewer, "member", each, actor=operator(), db=tool.db)
        for each in company or ():
            relate(reviewer, "company", each, actor=operator(), db=tool.db)
    console.print(f"{reviewer} has to do with {_words([*(member or ()), *(company or ())])}.")


@app.command()
def confirm(reviewer: Id) -> None:
    """Answer for who has this account, which somebody else opened: it counts as its person's alone where two people are needed."""
    with tools() as tool:
        ownership.confirm(reviewer, actor=operator(), db=tool.db)
    console.print(f"{reviewer} is confirmed, and signs in anew.")


@app.command("end-second-factor")
def end_second_factor(reviewer: Id) -> None:
    """End the second factors of somebody who has lost them. They are signed out, and sign in without one."""
    with tools() as tool:
        end_factors(reviewer, actor=operator(), db=tool.db)
    console.print(f"{reviewer} signs in without a second factor, until they add one.")


@app.command("unlink")
def forget_identity(reviewer: Id) -> None:
    """Forget who they are at the identity provider: the next one who signs in there by this name takes their place."""
    with tools() as tool:
        gone = unlink(reviewer, actor=operator(), db=tool.db)
    console.print(f"{reviewer} is linked to nobody now." if gone else f"{reviewer} was linked to nobody.")


def _password(*, typed: bool, piped: bool) -> str | None:
    """What was typed twice, or came in; None where neither was asked for."""
    if piped:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True)) if typed else None


def _set_up_sign_in(tool: Container, reviewer: str, given: str | None, *, invited: bool) -> None:
    if given is not None:
        set_password(reviewer, given, actor=operator(), context=tool.sign_in_context)
        console.print(f"{reviewer} signs in with that password at {tool.settings.web_url}/console/")
    if invited:
        token = invite(reviewer, actor=operator(), db=tool.db, rules=tool.policy.sign_in)
        console.print(f"{tool.settings.web_url}/console/invitation?token={token}", soft_wrap=True)
        hours = tool.policy.sign_in.invitation_hours
        line = "[dim]Give it to {reviewer} only: it is good once, for {hours} hours.[/dim]"
        console.print(styled(line, reviewer=reviewer, hours=hours), soft_wrap=True)


def _state(each: accounts.Person) -> str:
    if each.disabled_at:
        return "disabled"
    if each.has_password:
        return "has a password"
    return f"invited, {when(each.invited_until)}" if each.invited_until else "no password"


def _words(several: Sequence[str]) -> str:
    return ", ".join(several)
