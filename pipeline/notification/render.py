"""A mail is one template with the blocks `subject`, `body`, `action` and `why`, from which both its text and its HTML are made.

So they say the same. `text/` and `html/` hold the layout of each form, and the parts that a body is put together from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.kernel.rules.greeting import greeting_name
from pipeline.notification.catalogues import catalogue_of, translations
from pipeline.notification.reader import Reader
from pipeline.policy.mail_templates import MailTemplate

Form = Literal["text", "html"]

_GAP: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who our mails are from: the address, the name of the service in words, and where members go (a web address)."""

    address: str
    name: str
    member_centre_url: str

    def message_id(self, unique: object) -> str:
        """The Message-ID that is made of something unique and the sender's domain."""
        return f"<{unique}@{self.address.rpartition('@')[2]}>"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's subject (one line), plain text and HTML, which say the same."""

    subject: str
    text: str
    html: str


def render(template: MailTemplate, facts: Mapping[str, Any], *, reader: Reader, sender: Sender) -> Rendered:
    """The mail of that template for that reader; the name is said only if it is one. A fact that the template needs and does not get is an error, never a gap."""
    said = {"name": greeting_name(str(facts["name"]))} if "name" in facts else {}
    known = {
        "service": sender.name,
        "member_centre_url": sender.member_centre_url,
        "unsubscribe_url": None,
        **facts,
        **said,
        "reader": reader,
        "language": str(reader.locale).replace("_", "-"),
    }
    catalogue = catalogue_of(reader.locale)
    plain = environment("text", catalogue).get_template(f"{template}.jinja")
    subject = "".join(plain.blocks["subject"](plain.new_context(known)))
    return Rendered(
        subject=" ".join(subject.split()),
        text=_GAP.sub("\n\n", plain.render(known)).strip() + "\n",
        html=environment("html", catalogue).get_template(f"{template}.jinja").render(known),
    )


@cache
def environment(form: Form, catalogue: str) -> Environment:
    """The templates with the layout and parts of one form, in the words of one catalogue."""
    found = Environment(
        loader=PackageLoader("pipeline.notification", "templates"),
        autoescape=form == "html",  # noqa: S701  (in plain text there is no markup to keep out)
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    found.policies["ext.i18n.trimmed"] = True
    found.install_gettext_translations(translations(catalogue), newstyle=True)  # type: ignore[attr-defined]
    found.globals["layout"] = f"{form}/layout.jinja"
    found.globals.update(_parts(found, form))
    return found


def _parts(known: Environment, form: Form) -> dict[str, Any]:
    """The macros that write a paragraph, a list or a code in this form."""
    written = vars(known.get_template(f"{form}/parts.jinja").module)
    return {name: part for name, part in written.items() if not name.startswith("_")}
