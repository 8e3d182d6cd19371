import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from standardwebhooks import Webhook

SECRET_BYTES: Final = 32
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
    secrets: Sequence[Mapping[str, Any]], fresh: str, *, now: datetime, overlap: timedelta
) -> list[dict[str, Any]]:
    """The fresh secret first; the present one is valid for `overlap` more, older ones are dropped."""
    until = (now + overlap).isoformat()
    present = [{**each, "until": until} for each in secrets if each["until"] is None]
    return [{"secret": fresh, "until": None}, *present]


def message(event_type: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """The body: always the same bytes for the same event, so that its signature is, too."""
    body = {"type": event_type, "timestamp": at.isoformat(), "data": data}
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


def why_pause(status: int | None, failing_since: datetime, now: datetime, *, patience: timedelta) -> str | None:
    """Why the endpoint is paused: it says that it is gone for good, or it has failed for `patience`; None where it is not."""
    if status == HTTPStatus.GONE:
        return "The endpoint answered 410 Gone."
    if now - failing_since >= patience:
        return f"The endpoint has taken nothing since {failing_since:%Y-%m-%d %H:%M} UTC."
    return None


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
