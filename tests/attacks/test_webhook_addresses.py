"""An endpoint's address leads inside, by whatever spelling and whenever: the connection is not made."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.events.tables import delivery
from pipeline.events.webhooks import endpoints
from pipeline.kernel import clock
from pipeline.kernel.outgoing import Outgoing, refusal_of
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest
from tests.support.desk import Desk
from tests.support.endpoint import Endpoint, listening
from tests.support.odd_endpoint import OddEndpoint, answering
from tests.support.servers import variant

PUBLIC = "93.184.215.14"
NAME = "shop.example.com"


@pytest.fixture
def place() -> Iterator[Endpoint]:
    with listening() as found:
        yield found


def port_of(place: Endpoint) -> int:
    return httpx.URL(place.url).port or 0


def asking(url: str, outgoing: Outgoing) -> str | None:
    """Why nothing was sent; None where it was."""
    try:
        outgoing.post(url, body=b"{}", headers={}, seconds=10)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return refusal_of(error) or type(error).__name__
    finally:
        outgoing.close()
    return None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.000.000.001",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",  # noqa: S104  (it is refused)
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "①②⑦.⓪.⓪.①",
    ],
)
def test_no_spelling_of_this_machine_is_reached(place: Endpoint, host: str) -> None:
    refused = asking(f"http://{host}:{port_of(place)}/hooks", Outgoing())

    assert refused is not None
    assert place.got == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.20.0.1",
        "100.64.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "0.0.0.0",  # noqa: S104  (it is refused)
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "fe80::1%lo",
        "ff02::1",
    ],
)
def test_a_name_that_leads_inside_is_not_followed(address: str) -> None:
    refused = asking(f"https://{NAME}/hooks", Outgoing(resolve=lambda _host, _port: [address]))

    assert refused is not None
    assert "not public" in refused


def test_one_address_inside_among_public_ones_is_enough_to_refuse(place: Endpoint) -> None:
    both = Outgoing(resolve=lambda _host, _port: [PUBLIC, "127.0.0.1"])

    refused = asking(f"http://{NAME}:{port_of(place)}/", both)

    assert refused is not None
    assert "not public" in refused


class Roads(httpcore.SyncBackend):
    """A network in which every address is this machine."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def connect_tcp(self, host: str, *given: Any, **more: Any) -> httpcore.NetworkStream:
        self.taken.append(host)
        return super().connect_tcp("127.0.0.1", *given, **more)


class Rebinding:
    """A name server whose first answer is public, and whose later ones lead inside."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return [PUBLIC] if self.asked == 1 else ["127.0.0.1"]


def test_a_name_is_resolved_once_for_a_connection_and_anew_for_the_next(place: Endpoint) -> None:
    names = Rebinding()
    roads = Roads()
    outgoing = Outgoing(resolve=names, sockets=roads)
    url = f"http://{NAME}:{port_of(place)}/hooks"

    first = outgoing.post(url, body=b"{}", headers={"connection": "close"}, seconds=10)
    asked_once = names.asked
    later = asking(url, outgoing)

    assert (first.status, asked_once, roads.taken) == (204, 1, [PUBLIC])
    assert later is not None
    assert "not public" in later
    assert len(place.got) == 1


def test_an_endpoint_that_moved_inside_after_it_was_added_gets_nothing_and_its_owner_reads_why(
    desk: Desk, place: Endpoint
) -> None:
    strict = variant(desk.tools, webhook_inside_hosts="")
    vars(strict)["outgoing"] = Outgoing(resolve=lambda _host, _port: ["127.0.0.1"])
    endpoints.add(EndpointRequest(url=f"https://{NAME}:{port_of(place)}/"), db=strict.db, sealer=strict.sealer)
    moved = desk.over(strict)
    moved.submit_avatar()

    moved.run_due(DELIVER_EVENT)

    (row,) = moved.rows(delivery)
    assert row.state == "pending"
    assert "PROOFDESK_WEBHOOK_INSIDE_HOSTS" in row.last_error
    assert place.got == []


def test_without_the_setting_no_endpoint_of_this_machine_is_reached(desk: Desk, place: Endpoint) -> None:
    strict = desk.over(variant(desk.tools, webhook_inside_hosts=""))
    endpoints.add(EndpointRequest(url=place.url), db=desk.tools.db, sealer=desk.tools.sealer)
    strict.submit_avatar()

    strict.run_due(DELIVER_EVENT)

    assert place.got == []


@pytest.mark.parametrize("written", [NAME, "SHOP.example.com.", f"other.example.com,{NAME}"])
def test_a_host_that_the_setting_names_may_be_inside(place: Endpoint, written: str) -> None:
    there = Outgoing(inside=written.split(","), resolve=lambda _host, _port: ["127.0.0.1"])

    assert asking(f"http://{NAME}:{port_of(place)}/", there) is None
    assert len(place.got) == 1


@pytest.mark.parametrize("named", ["example.com", "hop.example.com", "127.0.0.1", ""])
def test_a_host_with_another_name_may_not(place: Endpoint, named: str) -> None:
    elsewhere = Outgoing(inside=[named], resolve=lambda _host, _port: ["127.0.0.1"])

    assert asking(f"http://{NAME}:{port_of(place)}/", elsewhere) is not None
    assert place.got == []


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "224.0.0.1", "fe80::1"])
def test_no_setting_opens_the_way_to_metadata(address: str) -> None:
    named = Outgoing(inside=[NAME], resolve=lambda _host, _port: [address])

    refused = asking(f"https://{NAME}/", named)

    assert refused is not None
    assert "not public" in refused


def test_a_name_that_is_not_resolved_in_time_ends_at_the_deadline(place: Endpoint) -> None:
    never = threading.Event()

    def hangs(_host: str, _port: int) -> Sequence[str]:
        never.wait(60)
        return []

    outgoing = Outgoing(resolve=hangs)
    with pytest.raises(httpx.ConnectTimeout):
        outgoing.post(place.url, body=b"{}", headers={}, seconds=0.2)

    never.set()
    outgoing.close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS of a server that is NAME, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    clear = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(pem + clear)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


def taken(_place: OddEndpoint) -> Iterator[bytes]:
    yield b"HTTP/1.1 204 No Content\r\n\r\n"


def test_the_server_at_the_checked_address_is_asked_for_the_name_and_must_prove_it(tmp_path: Path) -> None:
    server, client = certificate(tmp_path)
    with answering(taken, tls=server) as place:
        there = Outgoing(inside=[NAME, "other.example.com"], resolve=lambda _host, _port: ["127.0.0.1"], tls=client)
        answer = there.post(f"https://{NAME}:{place.port}/hooks", body=b"{}", headers={}, seconds=10)
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            there.post(f"https://other.example.com:{place.port}/hooks", body=b"{}", headers={}, seconds=10)
        there.close()

    assert answer.status == 204
    assert place.names == [NAME, "other.example.com"]
    assert f"host: {NAME}:{place.port}" in place.asked[0].lower()
