"""A mail is a folder with `subject.txt`, `body.txt` and `body.html`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's subject (one line), plain text and HTML, which say the same."""

    subject: str
    text: str
    html: str


def render(template: str, values: Mapping[str, Any]) -> Rendered:
    """The mail of that template folder. A value that the template needs and does not get is an error, never a gap."""
    environment = _environment()
    subject = environment.get_template(f"{template}/subject.txt").render(values)
    return Rendered(
        subject=" ".join(subject.split()),
        text=environment.get_template(f"{template}/body.txt").render(values).strip() + "\n",
        html=environment.get_template(f"{template}/body.html").render(values),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pipeline.notification", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
