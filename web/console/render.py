from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from web.console import charts, filters, shortcuts
from web.console.assets import address


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The template with these values; beside them it knows `person` (None while nobody is signed in), their `zone`, and `path`.

    A value that the template needs and does not get is an error.
    """
    person = getattr(request.state, "person", None)
    known = {"person": person, "zone": person.zone if person else "UTC", "path": request.url.path, **values}
    return HTMLResponse(environment().get_template(template).render(known), status)


@cache
def environment() -> Environment:
    """The templates of the console, with the functions and filters that they may call."""
    made = Environment(
        loader=PackageLoader("web.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"address": address, "SHORTCUTS": shortcuts.SHORTCUTS}
    made.globals |= {
        each.__name__: each for each in (shortcuts.bindings, shortcuts.control, shortcuts.hint, shortcuts.titled)
    }
    made.filters |= filters.FILTERS
    made.filters |= {"drawn": charts.drawn, "figure": charts.said, "keycaps": shortcuts.keycaps}
    return made
