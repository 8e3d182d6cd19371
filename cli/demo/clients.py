import time
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import dramatiq
import httpx
from dramatiq.common import compute_backoff

from cli.demo.demo_file import DemoFile, demo_file
from cli.demo.plan import Plan, Upload
from config.broker import HintBroker

RETRY_SECONDS: Final = 60
_SERVER_ERROR: Final = HTTPStatus.INTERNAL_SERVER_ERROR


class AwayError(Exception):
    """The service answered with a server error or with 429; `seconds` is its `Retry-After`."""

    def __init__(self, message: str, *, seconds: float = 0) -> None:
        super().__init__(message)
        self.seconds = seconds


class Api:
    """A client with an API key. It repeats a request that failed, with the same idempotency key, so that it takes effect once."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=15)

    def get(self, path: str, **params: str) -> Any:
        """The answer of a GET as JSON. Raises httpx.HTTPStatusError."""
        return self._answered(lambda: self._client.get(path, params=params)).raise_for_status().json()

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> httpx.Response:
        """The answer of a POST, whatever its status below 500."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self._answered(lambda: self._client.post(path, json=body, headers=headers))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _answered(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        return with_retries(send)


def with_retries(send: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer, whatever its status below 500 except 429. Raises AwayError or httpx.TransportError after a minute of retries."""
    deadline = time.monotonic() + RETRY_SECONDS
    failed = 0
    while True:
        try:
            return _below_500(send())
        except (AwayError, httpx.TransportError) as error:
            if time.monotonic() > deadline:
                raise
            failed, milliseconds = compute_backoff(failed, factor=100, max_backoff=2000)
            time.sleep(milliseconds / 1000 + (error.seconds if isinstance(error, AwayError) else 0))


@cache
def anybody() -> httpx.Client:
    """A client without a key, for links. It is shared, since a new client reads all certificates, which is slow."""
    return httpx.Client(timeout=15)


def fetched(url: str) -> httpx.Response:
    """The answer to a request for the link without a key."""
    return with_retries(lambda: anybody().get(url))


def put_file(slot: Mapping[str, Any], body: bytes) -> None:
    """Put a file into its upload slot. Raises httpx.HTTPStatusError where the store refuses it.

    A slot takes one PUT. Where an answer was lost, the repeated PUT gets 412, which says that the file is there; 409 says that
    the first PUT has not ended yet.
    """

    def once() -> httpx.Response:
        answer = anybody().put(slot["url"], content=body, headers=slot["headers"])
        if answer.status_code == HTTPStatus.CONFLICT:
            raise AwayError("The first PUT into this slot has not ended yet")
        return answer

    answer = with_retries(once)
    if answer.status_code != HTTPStatus.PRECONDITION_FAILED:
        answer.raise_for_status()


class Upstream:
    """The upstream service: uploads files, submits, and reads the state."""

    def __init__(self, api: Api, broker: HintBroker, *, run: str) -> None:
        self.api = api
        self._broker = broker
        self._run = run

    def member_id(self, plan: Plan) -> str:
        """The member's id in this run of the demo."""
        return f"{plan.person.key}.{self._run}"

    def email(self, plan: Plan) -> str:
        """The member's address, for results."""
        return f"{plan.person.key}.{self._run}@example.com"

    def business_email(self, plan: Plan) -> str:
        """The member's business address, for the code."""
        return f"{plan.person.key}.{self._run}@{plan.domain}"

    def submit(self, plan: Plan) -> str | None:
        """Upload the files and submit. Returns the submission's id; None for the queue door, which does not answer."""
        body = self._body(plan, [self._upload(upload) for upload in plan.uploads])
        if plan.door == "queue":
            self._enqueue(body)
            return None
        key = f"{plan.label}.{self._run}"
        first = self.api.post("/v1/submissions", body, key=key).raise_for_status().json()
        again = self.api.post("/v1/submissions", body, key=key).raise_for_status().json()
        if first != again:
            raise AssertionError(f"{plan.label}: the repeated request got another answer: {first} / {again}")
        return str(first["id"])

    def refused_slot(self, file: DemoFile) -> str:
        """The status and codes with which the API refuses an upload slot for an avatar that is too large."""
        body = {"purpose": "avatar", "media_type": file.media_type, "length": len(file.body)}
        answer = self.api.post("/v1/uploads", body)
        codes = [each["code"] for each in answer.json().get("errors", [])]
        return f"{answer.status_code} {' '.join(codes)}"

    def refused(self, plan: Plan) -> str:
        """The status and the code with which the API refuses another submission like that one."""
        answer = self.api.post("/v1/submissions", self._body(plan, []))
        return f"{answer.status_code} {answer.json().get('code')}"

    def _upload(self, upload: Upload) -> dict[str, Any]:
        file = demo_file(upload.file)
        declared = {"filename": file.filename, "media_type": file.media_type, "length": len(file.body)}
        slot = self.api.post("/v1/uploads", {"purpose": upload.slot, **declared}).raise_for_status().json()
        if upload.put:
            put_file(slot, file.body)
        reference = {"key": slot["key"], **declared}
        if upload.declare_sha256:
            reference["sha256"] = upload.declare_sha256
        return {"kind": upload.kind, "file": reference, "facts": file.facts}

    def _body(self, plan: Plan, files: list[dict[str, Any]]) -> dict[str, Any]:
        person = plan.person
        facts = {name: value for each in files for name, value in each.pop("facts").items()}
        body: dict[str, Any] = {
            "kind": plan.kind,
            "member_id": self.member_id(plan),
            "member": {
                "name": person.name,
                "email": self.email(plan),
                "gender": person.gender,
                "age_band": person.age_band,
                "identity": person.identity,
            },
        }
        if plan.stage is None:
            return {**body, "file": files[0]["file"]}
        form = {
            name: str(facts.get(value[1:], "unknown")) if value[:1] == "@" else value
            for name, value in plan.form.items()
        }
        asked = {"method": plan.method, "stage": plan.stage, "identity": plan.identity, "form": form}
        return {**body, **asked, plan.method: self._proof(plan, files)}

    def _proof(self, plan: Plan, files: list[dict[str, Any]]) -> object:
        if plan.tax_number is not None:
            country, number = plan.tax_number
            return {"country": country, "number": number}
        return self.business_email(plan) if plan.domain else files

    def _enqueue(self, body: dict[str, Any]) -> None:
        """Enqueue as any dramatiq program on the same broker can, without code of Proofdesk."""
        kwargs = {"submission": body, "correlation_id": f"demo-{self._run}"}
        message: dramatiq.Message[Any] = dramatiq.Message(
            queue_name="intake", actor_name="accept_submission", args=(), kwargs=kwargs, options={}
        )
        self._broker.enqueue(message)


def _below_500(response: httpx.Response) -> httpx.Response:
    busy = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    if busy or response.status_code >= _SERVER_ERROR:
        message = f"{response.request.method} {response.request.url.path} answered {response.status_code}"
        raise AwayError(message, seconds=float(response.headers.get("Retry-After", 0)) if busy else 0)
    return response
