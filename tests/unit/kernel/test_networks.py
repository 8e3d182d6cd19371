import pytest

from pipeline.kernel.rules.networks import network_of


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:DB8:1:2::1", "2001:db8:1:2::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("a proxy", "a proxy", True),
        ("", "192.0.2.7", False),
    ],
)
def test_addresses_of_one_network_count_together(one: str, another: str, same: bool) -> None:  # noqa: FBT001
    assert (network_of(one) == network_of(another)) is same
