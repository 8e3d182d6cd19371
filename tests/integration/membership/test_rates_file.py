"""Rates come from a file beside the policy, and a new file counts from the next event on, in the same process."""

from pathlib import Path
from typing import Any

import pytest

from config.container import Container
from config.rates import RatesFile
from pipeline.kernel.errors import Misconfigured
from tests.support.http import Api, problems
from tests.support.servers import variant

FRANCS = 'base_currency = "EUR"\n[rates]\nCHF = [{{ since = 2026-01-01, rate = {rate} }}]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rates.toml"


@pytest.fixture
def api(tools: Container, file: Path) -> Api:
    return Api(variant(tools, rates_file=str(file)))


def writes(file: Path, text: str) -> None:
    """As who writes a feed does: beside it, and then in its place."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


def bought(api: Api, number: int, currency: str = "CHF") -> Any:
    order = {"id": f"o-{number}", "amount": "100", "currency": currency}
    event = {"type": "order.completed", "source": "shop", "id": f"e-{number}", "member_id": "m-1"}
    return api.post("/v1/events", {**event, "occurred_at": "2026-03-02T10:00:00Z", "order": order})


def test_a_file_that_comes_or_changes_counts_from_the_next_event_on(api: Api, file: Path) -> None:
    unknown = bought(api, 0)
    writes(file, FRANCS.format(rate="1.05"))
    first = bought(api, 1).json()["spend"]
    writes(file, FRANCS.format(rate="1.06"))
    second = bought(api, 2).json()["spend"]

    assert problems(unknown) == [("order.currency", "unknown_currency")]
    assert (first["order_counts"]["amount"], second["order_counts"]["amount"]) == ("105.00", "106.00")
    assert second["spent"]["amount"] == "211.00"  # what was counted stays


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "rates",
        FRANCS.format(rate="0"),
        FRANCS.format(rate="1e99"),
        FRANCS.format(rate="1").replace("EUR", "USD"),
        "\x00",
    ],
)
def test_a_file_that_is_not_valid_changes_nothing(broken: str, api: Api, file: Path, tools: Container) -> None:
    writes(file, FRANCS.format(rate="1.05"))
    assert bought(api, 1).status_code == 201

    writes(file, broken)

    assert bought(api, 2).json()["spend"]["order_counts"]["amount"] == "105.00"
    with pytest.raises(Misconfigured):
        RatesFile(file, tools.policy).check()


def test_the_rates_of_the_policy_hold_where_the_file_has_none(api: Api, file: Path) -> None:
    writes(file, FRANCS.format(rate="1.05"))

    assert bought(api, 1, "USD").json()["spend"]["order_counts"]["amount"] == "85.20"


def test_a_file_that_is_gone_leaves_its_last_rates(api: Api, file: Path) -> None:
    writes(file, FRANCS.format(rate="1.05"))
    assert bought(api, 1).status_code == 201
    file.unlink()

    assert bought(api, 2).status_code == 201
