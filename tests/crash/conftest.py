from collections.abc import Iterator

import pytest

from config.container import Container
from tests.crash.children import Children, started_children
from tests.crash.play import Play
from tests.crash.world import forget
from tests.support.desk import Desk
from tests.support.http import Api


@pytest.fixture(scope="module")
def children(all_servers: Container, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    with started_children(all_servers.settings, tmp_path_factory.mktemp("children")) as started:
        yield started


@pytest.fixture
def play(desk: Desk, api: Api, children: Children) -> Iterator[Play]:
    # From here on the broker has the script that counts requests: a first process that sent it would pass more points than the next.
    assert api.get("/v1/submissions").is_success
    yield Play(desk, api, children)
    forget(desk.tools)
