"""The lead's pages, over eight weeks of work."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from playwright.sync_api import Page

from pipeline.access.staff import sessions
from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel import clock
from pipeline.review.quality.golden import mark
from schemas.quality import GoldenRequest
from tests.support.desk import Desk
from tests.support.weeks import disagreed, work_for_weeks
from web.console.session import cookie_name

LEAD: Final = "n.lead"


def prepare(desk: Desk) -> None:
    """Weeks of work, a disagreement on a real picture, and a golden case."""
    add_reviewer(LEAD, name="N. Lead", roles=[Role.LEAD], db=desk.tools.db)
    work_for_weeks(desk, clock.now())
    ((shown,),) = desk.sql("SELECT submission_id FROM avatar LIMIT 1")
    disagreed(desk, shown, clock.now() - timedelta(minutes=5))
    ((sound,),) = desk.sql("SELECT id FROM submission WHERE member_id = 'm-4'")
    request = GoldenRequest(submission_id=sound, verdict="reject", reasons=("group_photo",), note="Two faces, plainly.")
    mark(request, by=LEAD, context=desk.tools.review)


def numbers(page: Page, desk: Desk, base: str) -> None:
    _lead(page, desk, base)
    page.goto(f"{base}/console/quality")


def disagreements(page: Page, desk: Desk, base: str) -> None:
    _lead(page, desk, base)
    page.goto(f"{base}/console/quality/disagreements")


def disagreement(page: Page, desk: Desk, base: str) -> None:
    ((found,),) = desk.sql("SELECT c.id FROM quality_check c JOIN avatar a USING (submission_id)")
    _lead(page, desk, base)
    page.goto(f"{base}/console/quality/disagreements/{found}")


def golden(page: Page, desk: Desk, base: str) -> None:
    _lead(page, desk, base)
    page.goto(f"{base}/console/quality/golden")


PAGES: Final[Mapping[str, Callable[[Page, Desk, str], None]]] = {
    "quality": numbers,
    "disagreements": disagreements,
    "disagreement": disagreement,
    "golden": golden,
}


def _lead(page: Page, desk: Desk, base: str) -> None:
    with desk.tools.db.begin() as connection:
        token = sessions.begin(connection, LEAD, proof="test", rules=desk.tools.policy.sign_in)
    page.context.add_cookies([{"name": cookie_name(desk.tools), "value": token, "url": base}])
