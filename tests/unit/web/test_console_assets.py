from web.console.assets import address, asset


def test_a_file_is_served_under_a_name_that_says_its_content() -> None:
    found = asset(address("console.css").rsplit("/", 1)[1])

    assert found is not None
    assert found.media_type == "text/css"
    assert b"--accent" in found.body


def test_there_is_no_file_under_a_name_of_other_content() -> None:
    assert asset("console.css") is None
    assert asset("console.000000000000.css") is None


def test_a_licence_is_kept_beside_its_file_and_not_served() -> None:
    assert address("vendor/htmx.js").startswith("/console/static/htmx.")
    assert asset("htmx.LICENSE") is None
