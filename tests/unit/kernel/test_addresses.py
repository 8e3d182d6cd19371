"""Which addresses are public: those that carry another address inside are judged by that one too."""

import pytest

from pipeline.kernel.rules.addresses import Reach, reach_of


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert reach_of(address) is Reach.PUBLIC


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.1.2",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "::1",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "::ffff:a00:1",
        "::ffff:192.168.1.1",
        "64:ff9b::7f00:1",
        "64:ff9b::c0a8:101",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2002:c0a8:101::1",
        "2001:4860::5efe:10.0.0.1",
        "2001:4860::200:5efe:127.0.0.1",
        "::10.0.0.1",
        "::127.0.0.1",
    ],
)
def test_an_address_of_a_network_is_inside(address: str) -> None:
    assert reach_of(address) is Reach.INSIDE


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104  (it is refused)
        "0.1.2.3",
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "2001:db8::1",
        "2001:0:a00:1::",
        "64:ff9b:1::a00:1",
        "64:ff9b::a9fe:a9fe",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::",
        "100::1",
        "3fff::1",
        "4000::1",
        "not an address",
        "",
    ],
)
def test_nobody_may_be_asked_at_other_addresses(address: str) -> None:
    assert reach_of(address) is Reach.NOBODY
