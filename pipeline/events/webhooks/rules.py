import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from standardwebhooks import Webhook

SECRET_BYTES: Final = 32
SECRETS_AT_ONCE: Final = 10
"""Each valid secret is one more signature in the headers of every delivery."""

REST_SECONDS: Final = 2.0
REST_CAP_SECONDS: Final = 60.0
"""How long an endpoint rests that fails: doubling. Then one event is sent to it, and more once that is taken."""
_REFUSALS: Final = 3

RETRY_SECONDS: Final = 5.0
RETRY_CAP_SECONDS: Final = 300.0
_PREFIX: Final = "whsec_"


def secret_of(key: bytes) -> str:
    """A secret as Standard Webhooks writes it."""
    return _PREFIX + base64.b64encode(key).decode()


def place_of(endpoint_id: UUID) -> str:
    """The place for which an endpoint's secrets are sealed."""
    return f"webhook_endpoint:{endpoint_id}"


def valid_secrets(secrets: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """The secrets, as they are kept, that sign at `now`: the present one, and replaced ones whose overlap is not over."""
    return [each["secret"] for each in secrets if each["until"] is None or datetime.fromisoformat(each["until"]) > now]


def rotated(
    secrets: Sequence[Mapping[str, Any]], fresh: Mapping[str, Any], *, now: datetime, overlap: timedelta
) -> list[dict[str, Any]]:
    """The fresh secret first. The present one is valid for `overlap` more; a replaced one keeps the end that it was given."""
    until = (now + overlap).isoformat()
    kept = [each for each in secrets if each["until"] is None or datetime.fromisoformat(each["until"]) > now]
    return [{**fresh, "until": None}, *({**each, "until": each["until"] or until} for each in kept)]


def message(event_type: str, at: datetime, data: Mapping[str, Any], *, test: bool = False) -> bytes:
    """The body: always the same bytes for the same event, so that its signature is, too. Only that of a test key says so."""
    body: dict[str, Any] = {"type": event_type, "timestamp": at.isoformat(), "data": data}
    if test:
        body["livemode"] = False
    return json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def signed(event_id: object, body: bytes, *, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature for each secret that is valid."""
    signatures = [Webhook(secret).sign(str(event_id), now, body.decode()) for secret in secrets]
    return {
        "webhook-id": str(event_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
    }


def is_taken(status: int) -> bool:
    """Whether the endpoint took the event: any 2xx."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint fares: how often in a row it took nothing, since when, how long it rests now, and why it is paused."""

    failures: int = 0
    failing_since: datetime | None = None
    rest_seconds: float = 0
    paused_because: str | None = None

    @property
    def stops(self) -> bool:
        """Whether nothing is sent for now."""
        return bool(self.rest_seconds or self.paused_because)


def health_after(
    before: Health, *, taken: bool, failed: Sequence[int | None], now: datetime, patience: timedelta
) -> Health:
    """After a round in which it took something or not, and did not take some: their statuses, None where it did not answer.

    One that does not answer rests at once: each try costs a thread the whole time of a delivery. One that answers rests after some
    refusals in a row: they may be about these events alone.
    """
    gone = "The endpoint answered 410 Gone." if HTTPStatus.GONE in failed else None
    if taken:
        return Health(paused_because=gone)
    failures, since = before.failures + len(failed), before.failing_since or now
    if gone is None and now - since >= patience:
        gone = f"The endpoint has taken nothing since {since:%Y-%m-%d %H:%M} UTC."
    counted = failures if None in failed else failures - _REFUSALS + 1
    return Health(failures, since, _doubled(REST_SECONDS, counted, REST_CAP_SECONDS) if counted > 0 else 0, gone)


def retry_seconds(tries: int, *, jitter: float) -> float:
    """Until an event is sent again that was not taken so many times, spread by `jitter` in [0, 1) over 50–100 %."""
    return _doubled(RETRY_SECONDS, tries, RETRY_CAP_SECONDS) * (0.5 + jitter / 2)


def _doubled(first: float, times: int, cap: float) -> float:
    return float(min(cap, first * 2 ** min(times - 1, 20)))


def address_problem(url: str) -> str | None:
    """Why events cannot be sent there; None where they can. Plain http is for this machine only."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "This is not a web address."
    if not host or parts.username is not None:
        return "Give a web address with a host and without a user name."
    if parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)):
        return None
    return "Give an address that starts with https://: events are about members."


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
