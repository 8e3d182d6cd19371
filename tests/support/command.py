"""The `proofdesk` command on the servers of the tests."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from config.container import Container

Run = Callable[..., Result]


def command(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line with the settings of `tools`, with `given` on standard input."""
    for name, value in tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))

    def invoke(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app(arguments), list(arguments), input=given)

    return invoke


def printed(result: Result) -> Any:
    """The output of a command with `--json`."""
    assert result.exception is None, result.exception
    return json.loads(result.stdout)
