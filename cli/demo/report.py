import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.demo.checks import POLICY
from cli.demo.job import Job
from cli.demo.mailbox import Mail
from cli.demo.plan import Sent
from cli.output import console, styled

_WHOLE = ("what", "door", "path", "time", "member", "to")
_COLOURS = {"approved": "green", "rejected": "yellow", "refused": "red", "superseded": "dim"}


def ended_line(sent: Sent, ended: int, total: int) -> Text:
    """The line about one submission that has ended."""
    state = sent.view["state"]
    colour = _COLOURS.get(state, "white")
    return styled(
        f"[dim]{{count}}[/dim]  [{colour}]{{state}}[/{colour}]  {{label}} [dim]{{time}}[/dim]",
        count=f"{ended:>3} of {total}",
        state=f"{state:<10}",
        label=sent.plan.label,
        time=f"{sent.seconds:.1f} s",
    )


def as_object(job: Job) -> Mapping[str, Any]:
    """The result as one JSON object. The demo succeeded when `mismatches` is empty."""
    sent = list(job.sent.values())
    mismatches = [f"{each.plan.label}: {difference}" for each in sent for difference in each.differences]
    return {
        "submissions": len(sent),
        "as_expected": sum(not each.differences for each in sent),
        "mails": len(job.mails),
        "levels_changed": sum(job.levels_after[member] != before for member, before in job.levels_before.items()),
        "mismatches": [*mismatches, *job.differences],
    }


def print_report(job: Job, *, where: Sequence[tuple[str, str]]) -> None:
    """Print the submissions with paths and times, the changed levels, the mails, the mismatches, and where to find the results."""
    console.print(_submissions(list(job.sent.values())))
    console.print(_levels(job))
    console.print(_mails(job.mails))
    console.print(styled("\n[bold]Where to find the results[/bold]"))
    for place, what in where:
        console.print(styled("[bold]{place}[/bold]  {what}", place=place, what=what), soft_wrap=True)
    result = as_object(job)
    for mismatch in result["mismatches"]:
        console.print(styled("[red]mismatch:[/red] {mismatch}", mismatch=mismatch), soft_wrap=True)
    verdict = "[green]The demo succeeded[/green]" if not result["mismatches"] else "[red]The demo failed[/red]"
    numbers = f"{result['as_expected']} of {result['submissions']} submissions as expected, {result['mails']} mails"
    changed = f"{result['levels_changed']} levels changed, {len(result['mismatches'])} mismatches"
    console.print(styled(f"\n{verdict}: {{numbers}}, {{changed}}.", numbers=numbers, changed=changed))


def _submissions(sent: Sequence[Sent]) -> Table:
    table = _table(
        f"Submissions (times from acceptance to the last effect, with {POLICY.review.undo_window_seconds} s in which a decision can be undone)",
        "what",
        "door",
        "path",
        "findings or reasons",
        "time",
    )
    for each in sent:
        view = each.view
        time = f"{each.seconds:.1f} s" if each.seconds is not None else "not ended"
        path = " → ".join(step["state"] for step in view.get("history", []))
        colour = _COLOURS.get(view.get("state", ""), "white")
        table.add_row(each.plan.label, each.plan.door, Text(path, style=colour), _findings_or_reasons(view), time)
    return table


def _findings_or_reasons(view: Mapping[str, Any]) -> str:
    decision = view.get("decision") or {"reasons": []}
    return " ".join([each["code"] for each in (*view.get("findings", []), *decision["reasons"])]) or "–"


def _levels(job: Job) -> Table:
    table = _table("Levels", "member", "before", "after", "by")
    for member, before in job.levels_before.items():
        if (after := job.levels_after[member]) != before:
            table.add_row(member, before, Text(after, style="green"), _methods(job, member))
    for member, refusal in job.sixth.items():
        table.add_row(member, job.levels_before[member], "no chance left", f"sixth submission: {refusal}")
    return table


def _methods(job: Job, member: str) -> str:
    """The methods by which the stages were unlocked, or spend."""
    methods = {sent.submission_id: sent.plan.method for sent in job.sent.values()}
    ways = [methods.get(change["submission_id"], change["because"]) for change in job.changes[member]]
    return ", ".join(dict.fromkeys(way.replace("_", " ") for way in ways))


def _mails(mails: Sequence[Mail]) -> Table:
    table = _table(f"Mails ({len(mails)})", "to", "subject")
    for mail in mails:
        table.add_row(mail.recipient, mail.subject)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=f"\n{title}", title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False
    )
    for column in columns:
        table.add_column(
            column, overflow="fold", no_wrap=column in _WHOLE, justify="right" if column == "time" else "left"
        )
    return table


def places(environment: Mapping[str, str], *, running: bool) -> Sequence[tuple[str, str]]:
    """Where to find mails, public avatars, logs and history, each with a hint."""
    home, mails = _short(environment["PROOFDESK_HOME"]), _short(environment["PROOFDESK_MAIL_FOLDER"])
    start = "" if running else " after `proofdesk up`"
    return (
        ("mails  ", f"{mails}  (any mail program opens them)"),
        ("avatars", f"{home / 'storage' / 'public' / 'avatars'}"),
        ("logs   ", f"{home / 'log'}  (grep a correlation id to follow one submission)"),
        ("steps  ", f"proofdesk history SUBMISSION{start}"),
        ("API    ", f"{environment['PROOFDESK_WEB_URL']}/docs{start}"),
    )


def _short(folder: str) -> Path:
    """The folder relative to the working directory, where it is inside it."""
    path = Path(folder)
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def svg_of_console() -> str:
    """The recorded output as an SVG without web fonts."""
    svg = console.export_svg(title="proofdesk demo")
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
