from datetime import timedelta

from config.container import Container
from pipeline import clock
from pipeline.review.people.sign_in import sign_in
from tests.support.people import PASSWORD, Visitor, person


def enter(tools: Container, name: str = "m.lee", given: str = PASSWORD, *, minutes: float = 0) -> str:
    now = clock.now() + timedelta(minutes=minutes)
    return sign_in(name, given, address="192.0.2.7", now=now, gate=tools.gate)


def test_who_signs_in_gets_to_the_page_that_they_had_asked_for(tools: Container) -> None:
    person(tools)
    browser = Visitor(tools)

    asked = browser.get("/console/preferences?from=mail")
    signed = browser.post("/console/sign-in", name=" m.lee ", password=PASSWORD, page="/console/preferences?from=mail")

    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/console/sign-in?page=%2Fconsole%2Fpreferences%3Ffrom%3Dmail",
    )
    assert (signed.status_code, signed.headers["location"]) == (303, "/console/preferences?from=mail")
    assert browser.get("/console/preferences").status_code == 200
