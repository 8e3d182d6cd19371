from tests.support.http import Api
from web.console.assets import address


def test_a_page_of_the_console_lets_nothing_in_from_elsewhere_and_is_kept_nowhere(api: Api) -> None:
    page = api.client.get("/console/nowhere")

    assert page.status_code == 404
    assert "There is no such page." in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_a_script_that_asked_for_a_part_of_a_page_gets_a_part(api: Api) -> None:
    part = api.client.get("/console/nowhere", headers={"HX-Request": "true"})

    assert part.status_code == 404
    assert "<html" not in part.text


def test_a_stylesheet_may_be_kept_for_ever_under_its_name(api: Api) -> None:
    sheet = api.client.get(address("console.css"))

    assert sheet.headers["content-type"].startswith("text/css")
    assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
