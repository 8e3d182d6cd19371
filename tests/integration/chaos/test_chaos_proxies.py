"""What the chaos run's proxies do is what a client of a server in trouble sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cli.demo.clients import put_file
from config.container import Container
from pipeline.kernel.errors import MailAmbiguous, MailUnavailable, StorageUnavailable
from tests.chaos.proxies.link import Away, Trick
from tests.chaos.proxies.mail import CutAfterDot, CutBeforeData, CutInData
from tests.chaos.proxies.proxy import Proxy, through
from tests.chaos.proxies.storage import HalfABody, PutAnswerLost, PutCut, Slow, Unavailable
from tests.chaos.proxies.valkey import ReplyLost
from tests.support.servers import mail_folder, variant

MAIL = b"Message-ID: <one@example.com>\r\nSubject: Result\r\n\r\nApproved.\r\n"
BODY = bytes(range(256)) * 1000


@contextmanager
def behind(tools: Container, setting: str, *, own: str) -> Iterator[tuple[Proxy, Container]]:
    """A proxy before one server, and tools that reach it only through the proxy."""
    url = getattr(tools.settings, setting)
    with Proxy() as proxy:
        proxy.lead_to(url)
        changed: dict[str, Any] = {setting: through(proxy, url)}
        yield proxy, variant(tools, own=(own,), **changed)


@pytest.fixture
def storage(tools: Container) -> Iterator[tuple[Proxy, Any]]:
    with behind(tools, "storage_url", own="storage") as (proxy, made):
        yield proxy, made.storage
        made.storage.close()


@pytest.fixture
def mailer(tools: Container) -> Iterator[tuple[Proxy, Any]]:
    with behind(tools, "smtp_url", own="mailer") as (proxy, made):
        yield proxy, made.mailer
        made.mailer.close()


def unforgiving(url: str) -> "redis.Redis":
    """A client that tries once."""
    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=30)


def hand_over(mailer: Any) -> None:
    mailer.hand_over("us@example.com", "member@example.com", MAIL)


def mails(tools: Container) -> list[Path]:
    return list(mail_folder(tools).glob("*.eml"))


def test_without_a_trick_everything_passes(
    storage: tuple[Proxy, Any], mailer: tuple[Proxy, Any], tools: Container
) -> None:
    storage[1].put_vault("key", BODY, media_type="image/jpeg")
    hand_over(mailer[1])

    assert storage[1].read("vault", "key") == tools.storage.read("vault", "key") == BODY
    assert len(mails(tools)) == 1


def test_a_lost_reply_is_one_of_a_command_that_was_done(tools: Container) -> None:
    direct = tools.broker.client
    adds_one = direct.script_load("return redis.call('INCR', KEYS[1])")
    with Proxy() as proxy, unforgiving(through(proxy, tools.settings.broker_url)) as client:
        proxy.lead_to(tools.settings.broker_url)
        proxy.play(ReplyLost(most=1))

        with pytest.raises(redis.ConnectionError):
            client.evalsha(adds_one, 1, "counter")

        assert direct.get("counter") == b"1"
        assert client.evalsha(adds_one, 1, "counter") == 2


def test_a_store_that_is_unavailable_says_slow_down_and_when_to_come_back(
    tools: Container, storage: tuple[Proxy, Any]
) -> None:
    proxy, proxied = storage
    slot = proxied.presign_put("key", media_type="image/jpeg", length=len(BODY), seconds=600)
    trick = Unavailable()
    proxy.play(trick)

    with pytest.raises(StorageUnavailable, match="SlowDown"):
        proxied.put_vault("key", BODY, media_type="image/jpeg")
    answer = httpx.put(slot.url, content=BODY, headers=slot.headers, timeout=30)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert tools.storage.read("vault", "key") is tools.storage.read("uploads", "key") is None
    proxy.stop(trick)
    assert httpx.put(slot.url, content=BODY, headers=slot.headers, timeout=30).status_code == 200


def test_half_a_body_is_an_error_and_never_a_shorter_object(tools: Container, storage: tuple[Proxy, Any]) -> None:
    proxy, proxied = storage
    tools.storage.put_vault("key", BODY, media_type="image/jpeg")
    proxy.play(trick := HalfABody())

    with pytest.raises(StorageUnavailable):
        proxied.read("vault", "key")

    assert trick.strikes > 0


def test_a_put_that_breaks_off_leaves_no_object(tools: Container, storage: tuple[Proxy, Any]) -> None:
    proxy, proxied = storage
    proxy.play(trick := PutCut())

    with pytest.raises(StorageUnavailable):
        proxied.put_vault("key", BODY, media_type="image/jpeg")

    assert trick.strikes > 0
    assert tools.storage.read("vault", "key") is None


def test_a_client_of_an_upload_slot_goes_on_where_the_answer_to_its_put_was_lost(
    tools: Container, storage: tuple[Proxy, Any]
) -> None:
    proxy, proxied = storage
    slot = proxied.presign_put("key", media_type="image/jpeg", length=len(BODY), seconds=600)
    proxy.play(trick := PutAnswerLost())

    put_file({"url": slot.url, "headers": slot.headers}, BODY)

    assert trick.strikes == 1
    assert tools.storage.read("uploads", "key") == BODY


def test_a_client_of_an_upload_slot_says_what_the_store_refuses(storage: tuple[Proxy, Any]) -> None:
    _, proxied = storage
    slot = proxied.presign_put("key", media_type="image/jpeg", length=len(BODY), seconds=600)

    with pytest.raises(httpx.HTTPStatusError):
        put_file({"url": slot.url, "headers": {**slot.headers, "Content-Type": "image/png"}}, BODY)


def test_a_slow_store_gives_the_same_bytes(tools: Container, storage: tuple[Proxy, Any]) -> None:
    proxy, proxied = storage
    tools.storage.put_vault("key", BODY, media_type="image/jpeg")
    proxy.play(trick := Slow())

    assert proxied.read("vault", "key") == BODY

    assert trick.strikes > 0


def test_a_store_that_is_away_answers_nobody(storage: tuple[Proxy, Any]) -> None:
    proxy, proxied = storage
    proxy.play(Away())

    with pytest.raises(StorageUnavailable):
        proxied.read("vault", "key")


@pytest.mark.parametrize("trick", [CutBeforeData(), CutInData()], ids=["before DATA", "in DATA"])
def test_a_mail_that_is_cut_off_is_not_taken(tools: Container, mailer: tuple[Proxy, Any], trick: Trick) -> None:
    proxy, proxied = mailer
    proxy.play(trick)

    with pytest.raises(MailAmbiguous):
        hand_over(proxied)

    assert (trick.strikes, mails(tools)) == (1, [])


def test_after_the_final_dot_the_mail_is_taken_and_the_client_does_not_know(
    tools: Container, mailer: tuple[Proxy, Any]
) -> None:
    proxy, proxied = mailer
    proxy.play(trick := CutAfterDot())

    with pytest.raises(MailAmbiguous):
        hand_over(proxied)

    assert len(mails(tools)) == 1
    proxy.stop(trick)
    hand_over(proxied)
    assert len(mails(tools)) == 2


def test_a_mail_server_that_is_away_takes_nothing(tools: Container, mailer: tuple[Proxy, Any]) -> None:
    proxy, proxied = mailer
    proxy.play(Away())

    with pytest.raises(MailUnavailable):
        hand_over(proxied)

    assert mails(tools) == []


def test_a_server_that_is_not_there_is_seen_as_a_broken_connection(mailer: tuple[Proxy, Any]) -> None:
    proxy, proxied = mailer
    proxy.server = ("127.0.0.1", 1)

    with pytest.raises(MailUnavailable):
        hand_over(proxied)
