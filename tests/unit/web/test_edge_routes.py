import pytest

from config.container import Container
from config.settings import Settings
from tests.support.openapi import NOWHERE
from tests.support.routes import routes
from web.app import create_app
from web.edge.errors import KIB
from web.edge.routes import CAPS, Credential, cap_of, credential_of, door_of


def test_every_route_with_a_cap_of_its_own_is_there() -> None:
    app = create_app(Container(Settings.model_validate(NOWHERE)))

    assert set(CAPS) - set(routes(app, "/")) == set()


def test_no_cap_is_below_or_above_what_is_promised() -> None:
    assert all(64 * KIB <= most <= 1024 * KIB for most in CAPS.values())


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ("POST /v1/submissions", 256 * KIB),
        ("GET /v1/submissions", 64 * KIB),
        ("POST /v1/submissions/", 64 * KIB),
        ("POST /v1/review/claims/7/decision", 256 * KIB),
        ("POST /v1/review/claims/7/8/decision", 64 * KIB),
        ("POST /console/sign-in", 64 * KIB),
    ],
)
def test_a_cap_is_its_routes_alone(asked: str, most: int) -> None:
    method, _, path = asked.partition(" ")

    assert cap_of(method, path) == most


@pytest.mark.parametrize(
    ("path", "credential"),
    [
        ("/v1/submissions", Credential.KEY),
        ("/v1/sessions", Credential.KEY),
        ("/v1/sessions/open", Credential.NONE),
        ("/v1/mail-events", Credential.KEY),
        ("/v1/mail-events/sns", Credential.NONE),
        ("/console/", Credential.SESSION),
        ("/console/sign-out", Credential.SESSION),
        ("/console/sign-in", Credential.NONE),
        ("/console/static/x.css", Credential.NONE),
        ("/public/avatars/a/b.jpg", Credential.NONE),
        ("/readyz", Credential.NONE),
    ],
)
def test_a_path_says_which_credential_it_needs(path: str, credential: Credential) -> None:
    assert credential_of(path) is credential


def test_names_that_no_picture_can_have_are_counted_apart() -> None:
    picture = f"/public/avatars/01a20ae2-c8ef-7359-8ecd-dd7fd2c70749/{'0' * 64}.jpg"

    of_a_try = picture.replace(".jpg", f"-{'f' * 32}.jpg")

    assert {door_of(each) for each in (picture, of_a_try)} == {"public"}
    assert {door_of(f"/public/avatars/{each}.jpg") for each in ("\x00/large", "a" * 1100, "nobody/x")} == {"bad names"}


def test_strangers_are_counted_by_door() -> None:
    paths = (
        "/public/a",
        "/member/",
        "/v1/unsubscribe/t",
        "/v1/mail-events/sns",
        "/v1/sessions/open",
        "/v1/x",
        "/readyz",
    )

    assert len({door_of(each) for each in (*paths, "/console/sign-in", "/console/", "/docs")}) == len(paths) + 3
