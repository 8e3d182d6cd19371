import gc
import logging
from collections.abc import Iterator

import pytest
import structlog
from playwright.sync_api import Browser, BrowserContext, Page

from config.container import Container
from config.logging import configure_logging
from tests.support import machines as _machines  # noqa: F401  (registers the profile that make test-long names)
from tests.support.browser import IN_CI, NoBrowser, shared
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.lanes import own_or_lent
from tests.support.order import longest_first
from tests.support.servers import died, empty


def pytest_configure(config: pytest.Config) -> None:
    config.option.loadscopereorder = False  # the order of the files is ours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = longest_first(items)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # thousands of tests stay until the end: no later collection looks at them again


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "browser" not in getattr(item, "fixturenames", ()):
        shared.close()


def pytest_sessionfinish() -> None:
    shared.close()


@pytest.fixture(autouse=True)
def logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging belongs to the process, so it is put back as it was: a command run in a test wants warnings only, for one.

    And no logger that is first used then may stay like that.
    """
    configure = structlog.configure
    monkeypatch.setattr(
        structlog, "configure", lambda **given: configure(**given | {"cache_logger_on_first_use": False})
    )
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()
    configure(**config)
    root.handlers, root.level = handlers, level


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


@pytest.fixture
def browser() -> Browser:
    """A real Chromium, with which the next tests go on. Where none can be had they are skipped; in CI they fail."""
    try:
        return shared.browser()
    except NoBrowser as why:
        if IN_CI:
            raise
        pytest.skip(f"NO BROWSER: {why}")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile that knows nobody yet."""
    fresh = browser.new_context(viewport={"width": 1280, "height": 800})
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
