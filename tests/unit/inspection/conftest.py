from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from pipeline.policy.files import FileLimits


@pytest.fixture
def inspect(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., FileReport]:
    """Inspect bytes as one file, by the `LIMITS` of the test's module unless others are given."""

    def run(body: bytes, limits: FileLimits | None = None) -> FileReport:
        path = tmp_path / "upload"
        path.write_bytes(body)
        return inspect_file(path, limits=limits or request.module.LIMITS)

    return run
