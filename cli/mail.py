from pathlib import Path
from typing import Annotated

import typer

from cli.output import AsJson, console, print_json, print_listed, styled
from config.policy import load_policy
from config.settings import Settings
from pipeline.kernel.errors import NotFound
from pipeline.notification.reader import reader_of
from pipeline.notification.render import Rendered, Sender
from pipeline.notification.samples import Facts, sample, variants
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate

app = typer.Typer(no_args_is_help=True, help="The mails that members get.")

Template = Annotated[str | None, typer.Argument(help="Which mail; without one, all are listed.")]
Variant = Annotated[str | None, typer.Option(help="Which variant of it; default: the first one.")]
Locale = Annotated[str, typer.Option(help="The member's locale: en, zh-CN, es-MX …")]
TimeZone = Annotated[str | None, typer.Option("--timezone", help="The member's time zone, such as Asia/Shanghai.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write the HTML into this file.")]
Opened = Annotated[Path | None, typer.Option("--open", help="Write the HTML into this file and open it in a browser.")]


@app.callback()
def _group() -> None:
    """The mails that members get."""


@app.command()
def preview(
    template: Template = None,
    variant: Variant = None,
    locale: Locale = "en",
    timezone: TimeZone = None,
    html: Html = None,
    opened: Opened = None,
    as_json: AsJson = False,
) -> None:
    """Show a mail with made-up facts, with nothing running: its subject and text, and its HTML in a file."""
    policy = load_policy()
    if template is None:
        _list(policy, as_json=as_json)
        return
    known = _template(template)
    mail = sample(known, _facts(known, variant, policy), reader=reader_of(locale, timezone), sender=_sender())
    _print(mail, as_json=as_json)
    for path in filter(None, (html, opened)):
        path.write_text(mail.html, encoding="utf-8")
    if opened is not None:
        typer.launch(str(opened.resolve()))


def _list(policy: Policy, *, as_json: bool) -> None:
    rows = [
        {"template": each, "category": each.category, "variants": list(variants(each, policy))} for each in MailTemplate
    ]
    lines = [[row["template"], row["category"] or "always sent", ", ".join(row["variants"] or ())] for row in rows]
    print_listed(rows, ["template", "category", "variants"], lines, as_json=as_json)


def _template(name: str) -> MailTemplate:
    """The template of that name. Raises NotFound, which lists what there is."""
    try:
        return MailTemplate(name)
    except ValueError as error:
        raise NotFound(f"There is no mail {name!r}. Use one of {', '.join(MailTemplate)}.") from error


def _facts(template: MailTemplate, variant: str | None, policy: Policy) -> Facts:
    """The facts of one variant. Raises NotFound, which lists what there is."""
    known = variants(template, policy)
    chosen = variant or next(iter(known))
    if chosen not in known:
        raise NotFound(f"{template} has no variant {chosen!r}. Use one of {', '.join(map(repr, known))}.")
    return known[chosen]


def _sender() -> Sender:
    """As an installation that sets nothing sends."""
    names = ("mail_from", "mail_from_name", "member_centre_url")
    return Sender(*(str(Settings.model_fields[name].default) for name in names))


def _print(mail: Rendered, *, as_json: bool) -> None:
    if as_json:
        print_json({"subject": mail.subject, "text": mail.text, "html": mail.html})
        return
    console.print(styled("[bold]{subject}[/bold]\n", subject=mail.subject), highlight=False, soft_wrap=True)
    console.print(mail.text, highlight=False, soft_wrap=True, end="")
