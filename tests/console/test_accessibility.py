from collections.abc import Mapping

import pytest
from playwright.sync_api import BrowserContext

from config.container import Container
from tests.screenshots import console
from tests.support.axe import violations
from tests.support.desk import Desk
from tests.support.servers import with_review
from tests.support.web import serving


@pytest.mark.timeout(600)  # it looks at every page
def test_no_page_breaks_wcag_2_2_aa_in_either_theme(tools: Container, context: BrowserContext) -> None:
    desk = Desk(with_review(tools, undo_window_seconds=59))
    console.prepare(desk)

    assert _broken(desk, context) == {}


def _broken(desk: Desk, context: BrowserContext) -> Mapping[str, list[str]]:
    found = {}
    with serving(desk.tools) as base:
        for name, draw in console.PAGES.items():
            context.clear_cookies()
            page = context.new_page()
            draw(page, desk, base)
            found[name] = violations(page)
            page.close()
    return {name: broken for name, broken in found.items() if broken}
