"""A copy of the tree that may be broken: nothing is ever changed in the tree itself."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "pipeline", "config", "workers", "web", "cli", "tests", "deploy")
FILES = ("pyproject.toml", "README.md")


def copy_to(folder: Path) -> Path:
    """Copy what the tests need beneath `folder`; where the copy is."""
    tree = folder / "tree"
    for room in ROOMS:
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, tree / name)
    return tree


def environment_for(tree: Path, lanes: dict[str, str]) -> dict[str, str]:
    """The environment in which Python imports the copy and its tests use the servers that are there already."""
    return {**os.environ, **lanes, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
