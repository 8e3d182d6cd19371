from collections.abc import Iterator

import pytest

from config.container import Container
from config.logging import configure_logging
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.lanes import own_or_lent
from tests.support.servers import died, empty


@pytest.fixture(scope="session")
def all_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    configure_logging("tests", log_format="json")
    with own_or_lent(tmp_path_factory.mktemp("servers")) as tools:
        yield tools


@pytest.fixture
def tools(all_servers: Container) -> Iterator[Container]:
    """The clients of real servers that hold nothing yet."""
    empty(all_servers)
    died.clear()
    yield all_servers
    assert died == [], "a thread of a worker died"


@pytest.fixture
def desk(tools: Container) -> Desk:
    return Desk(tools)


@pytest.fixture
def api(tools: Container) -> Api:
    return Api(tools)
