"""Every route and command that changes something, or reads what is kept about members, and what it writes to the record."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from cli.main import app as command_line
from config.container import Container
from tests.support.routes import routes
from tests.support.web import app_of
from web.api.reads import RECORDED

ROOT: Final = Path(__file__).parents[3]
NOTHING: Final = "-"
"""What follows it says why nothing is written."""

CHANGES: Final[Mapping[str, str]] = {
    "DELETE /v1/keys/{key_id}": "key.revoked",
    "DELETE /v1/members/{member_id}": "member.hidden",
    "DELETE /v1/members/{member_id}/hold": "hold.ended",
    "DELETE /v1/session": "member_session.ended",
    "DELETE /v1/sessions/{session_id}": "member_session.ended",
    "DELETE /v1/webhooks/{endpoint_id}": "webhook.removed",
    "POST /console/account/app": "- offers a secret; the app that shows its first code is recorded",
    "POST /console/account/app/confirm": "factor.added",
    "POST /console/account/app/remove": "factor.removed",
    "POST /console/account/keys": "key.created",
    "POST /console/account/keys/{key_id}/revoke": "key.revoked",
    "POST /console/account/passkeys": "factor.added",
    "POST /console/account/passkeys/options": "- a question to the browser; the passkey that answers it is recorded",
    "POST /console/account/passkeys/{passkey_id}/remove": "factor.removed",
    "POST /console/account/recovery-codes": "recovery_codes.made",
    "POST /console/account/relations": "relation.declared",
    "POST /console/account/sessions/end": "session.ended",
    "POST /console/account/sessions/{session_id}/end": "session.ended",
    "POST /console/cases/{claim_id}/back": "claim.taken",
    "POST /console/cases/{claim_id}/decision": "submission.approved",
    "POST /console/cases/{claim_id}/escalate": "claim.escalated",
    "POST /console/cases/{claim_id}/hand_over": "claim.handed_over",
    "POST /console/cases/{claim_id}/mail": "- shows a mail of a case whose view is recorded",
    "POST /console/cases/{claim_id}/mail/html": "- shows a mail of a case whose view is recorded",
    "POST /console/cases/{claim_id}/opened": "claim.opened",
    "POST /console/cases/{claim_id}/redactions": "material.redacted",
    "POST /console/cases/{claim_id}/renew": "claim.renewed",
    "POST /console/cases/{claim_id}/skip": "claim.released",
    "POST /console/cases/{claim_id}/take-up": "claim.taken_up",
    "POST /console/decisions/{decision_id}/undo": "submission.reopened",
    "POST /console/erasure": "member.hidden",
    "POST /console/invitation": "password.changed",
    "POST /console/keys": "key.created",
    "POST /console/keys/{key_id}/revoke": "key.revoked",
    "POST /console/keys/{key_id}/rotate": "key.rotated",
    "POST /console/leave": "claim.released",
    "POST /console/corrections/points": "points.corrected",
    "POST /console/corrections/stage": "membership.corrected",
    "DELETE /v1/members/{member_id}/avatar": "avatar.taken_down",
    "POST /console/next": "claim.taken",
    "POST /console/next/part": "claim.taken",
    "POST /console/people": "reviewer.added",
    "POST /console/people/{reviewer_id}": "reviewer.changed",
    "POST /console/people/{reviewer_id}/confirm": "reviewer.confirmed",
    "POST /console/people/{reviewer_id}/disable": "reviewer.disabled",
    "POST /console/people/{reviewer_id}/enable": "reviewer.enabled",
    "POST /console/people/{reviewer_id}/invitation": "reviewer.invited",
    "POST /console/people/{reviewer_id}/second-factor/end": "factors.ended",
    "POST /console/people/{reviewer_id}/sessions/end": "session.ended",
    "POST /console/people/{reviewer_id}/sessions/{session_id}/end": "session.ended",
    "POST /console/preferences": "- the person's own colours and time zone",
    "POST /console/preferences/password": "password.changed",
    "POST /console/quality/disagreements/{check_id}": "check.ruled",
    "POST /console/quality/golden": "golden.marked",
    "POST /console/quality/golden/{golden_id}/retire": "golden.retired",
    "POST /console/redactions/{redaction_id}": "redaction.confirmed",
    "POST /console/relations": "relation.declared",
    "POST /console/relations/{reviewer_id}/end": "relation.ended",
    "POST /console/sign-in": "session.begun",
    "POST /console/sign-in/again": "session.proved",
    "POST /console/sign-in/again/passkey": "- a question to the browser; who answers it is recorded",
    "POST /console/sign-in/second": "session.begun",
    "POST /console/sign-in/second/passkey": "- a question to the browser; who answers it is recorded",
    "POST /console/sign-out": "session.ended",
    "POST /v1/events": "spend.counted",
    "POST /v1/keys/{key_id}/rotate": "key.rotated",
    "POST /v1/mail-events": "address.suppressed",
    "POST /v1/mail-events/sns": "address.suppressed",
    "POST /v1/members/{member_id}/email/code": "email.code_sent",
    "POST /v1/members/{member_id}/email/confirm": "email.confirmed",
    "POST /v1/members/{member_id}/membership/corrections": "membership.corrected",
    "POST /v1/members/{member_id}/points/corrections": "points.corrected",
    "POST /v1/members/{member_id}/points/redemptions": "points.redeemed",
    "POST /v1/membership/spend-reviews/{review_id}/settlement": "spend_review.settled",
    "POST /v1/review/claims": "claim.taken",
    "POST /v1/review/claims/{claim_id}/decision": "submission.approved",
    "POST /v1/review/claims/{claim_id}/escalate": "claim.escalated",
    "POST /v1/review/claims/{claim_id}/hand-over": "claim.handed_over",
    "POST /v1/review/claims/{claim_id}/release": "claim.released",
    "POST /v1/review/claims/{claim_id}/renew": "claim.renewed",
    "POST /v1/review/claims/{claim_id}/take-up": "claim.taken_up",
    "POST /v1/review/decisions/{decision_id}/undo": "submission.reopened",
    "POST /v1/review/points/penalties": "points.penalised",
    "POST /v1/review/redactions/{redaction_id}/confirm": "redaction.confirmed",
    "POST /v1/sessions": "member_link.made",
    "POST /v1/sessions/open": "member_session.opened",
    "POST /v1/submissions": "submission.accepted",
    "POST /v1/submissions/{submission_id}/code": "submission.approved",
    "POST /v1/submissions/{submission_id}/code/resend": "code.asked",
    "POST /v1/submissions/{submission_id}/withdraw": "submission.withdrawn",
    "POST /v1/suppressed-addresses/lift": "address.lifted",
    "POST /v1/unsubscribe/{token}": "subscriptions.changed",
    "POST /v1/test/clock": "test_clock.moved",
    "POST /v1/uploads": "- a slot for a file; the submission that names the file is recorded",
    "POST /v1/webhooks": "webhook.added",
    "POST /v1/webhooks/{endpoint_id}/replay": "webhook.replayed",
    "POST /v1/webhooks/{endpoint_id}/resume": "webhook.resumed",
    "POST /v1/webhooks/{endpoint_id}/secret": "webhook.rotated",
    "PUT /v1/members/{member_id}/business-card": "account.changed",
    "PUT /v1/members/{member_id}/company-information": "account.changed",
    "PUT /v1/members/{member_id}/hold": "hold.placed",
    "PUT /v1/members/{member_id}/personal-information": "account.changed",
    "PUT /v1/members/{member_id}/privacy": "account.changed",
    "PUT /v1/members/{member_id}/procurement-information": "account.changed",
    "PUT /v1/members/{member_id}/subscriptions": "subscriptions.changed",
}

READS: Final[Mapping[str, str]] = {
    "GET /console/cases/{claim_id}": "material.viewed",
    "GET /console/cases/{claim_id}/beside/{submission_id}": "material.compared",
    "GET /console/cases/{claim_id}/pages/{material_id}/{page}/{purpose}": "material.opened",
    "GET /console/find": "search.made",
    "GET /console/quality/disagreements/{check_id}": "check.viewed",
    "GET /console/quality/disagreements/{check_id}/pages/{material_id}/{page}": "material.opened",
    "GET /console/sign-in/provider/back": "session.begun",
    "GET /v1/events": "member.read",
    "GET /v1/members/{member_id}/avatar": "member.read",
    "GET /v1/members/{member_id}/business-card": "member.read",
    "GET /v1/members/{member_id}/company-information": "member.read",
    "GET /v1/members/{member_id}/hold": "member.read",
    "GET /v1/members/{member_id}/membership": "member.read",
    "GET /v1/members/{member_id}/personal-information": "member.read",
    "GET /v1/members/{member_id}/points": "member.read",
    "GET /v1/members/{member_id}/points/entries": "member.read",
    "GET /v1/members/{member_id}/privacy": "member.read",
    "GET /v1/members/{member_id}/procurement-information": "member.read",
    "GET /v1/members/{member_id}/public": "member.read",
    "GET /v1/members/{member_id}/subscriptions": "member.read",
    "GET /v1/membership/spend-reviews": "member.read",
    "GET /v1/review/claims/{claim_id}": "material.viewed",
    "GET /v1/review/pictures/{token}": "material.opened",
    "GET /v1/sessions": "member.read",
    "GET /v1/submissions": "member.read",
    "GET /v1/submissions/{submission_id}": "member.read",
    "GET /v1/test/mails": "member.read",
    "GET /console/": "- numbers of queues, and cases by their ids",
    "GET /console/account": "- the person's own",
    "GET /console/account/app": "- the person's own",
    "GET /console/corrections": "- forms",
    "GET /console/erasure": "- how far an erasure is",
    "GET /console/invitation": "- a form",
    "GET /console/keys": "- keys without their secrets",
    "GET /console/nothing": "- numbers of queues",
    "GET /console/people": "- those who work here",
    "GET /console/people/{reviewer_id}": "- one who works here",
    "GET /console/policy": "- the policy",
    "GET /console/preferences": "- the person's own",
    "GET /console/quality": "- numbers",
    "GET /console/quality/disagreements": "- cases by their ids",
    "GET /console/quality/golden": "- cases by their ids",
    "GET /console/quality/tables/{table}": "- numbers",
    "GET /console/queue": "- numbers of queues, and cases by their ids",
    "GET /console/redactions": "- redactions by their ids",
    "GET /console/relations": "- whom those who work here have to do with",
    "GET /console/sign-in": "- a form",
    "GET /console/sign-in/again": "- a form",
    "GET /console/sign-in/provider": "- sends the browser elsewhere",
    "GET /console/sign-in/second": "- a form",
    "GET /console/static/{name}": "- a file of the console",
    "GET /docs": "- the API's description",
    "GET /docs/oauth2-redirect": "- the API's description",
    "GET /healthz": "- the process",
    "GET /member/": "- the page without its member",
    "GET /openapi.json": "- the API's description",
    "GET /public/avatars/{submission_id}/{name}.jpg": "- public",
    "GET /readyz": "- the process",
    "GET /v1/events/types": "- names of types",
    "GET /v1/events/types/{event_type}/schema": "- the form of a message",
    "GET /v1/keys": "- keys without their secrets",
    "GET /v1/members/{member_id}/erasure": "- how far an erasure is",
    "GET /v1/membership/identities": "- the policy",
    "GET /v1/membership/identities/{identity}/form.schema.json": "- the policy",
    "GET /v1/membership/ladder": "- the policy",
    "GET /v1/membership/tax-countries": "- names of countries",
    "GET /v1/review/claims": "- the reviewer's own claims, by ids",
    "GET /v1/review/claims/{claim_id}/colleagues": "- those who work here",
    "GET /v1/review/queue": "- numbers of queues",
    "GET /v1/review/redactions": "- redactions by their ids",
    "GET /v1/session": "- a member's own",
    "GET /v1/unsubscribe/{token}": "- the member's own, by a link that they got",
    "GET /v1/uploads/limits": "- the policy",
    "GET /v1/webhooks": "- addresses of services",
}

COMMANDS: Final[Mapping[str, str]] = {
    "audit checkpoint": "- seals the record and adds nothing to it",
    "audit digest": "- computes",
    "audit export": "audit.exported",
    "audit public-key": "- prints a public key",
    "audit verify": "- reads the record only",
    "demo": "key.created",
    "doctor": "- the installation",
    "history": "member.read",
    "inspect": "- a file of whoever calls it",
    "key create": "key.created",
    "key give": "ownership.given",
    "key list": "- keys without their secrets",
    "key revoke": "key.revoked",
    "key rotate": "key.rotated",
    "mail preview": "- made-up facts",
    "member erase": "member.hidden",
    "member erasure": "- how far an erasure is",
    "member export": "member.exported",
    "member hold": "hold.placed",
    "member link": "member_link.made",
    "member release": "hold.ended",
    "member verify-receipt": "- a receipt of whoever calls it",
    "membership correct": "membership.corrected",
    "membership reviews": "member.read",
    "membership settle": "spend_review.settled",
    "membership show": "member.read",
    "migrate": "schema.migrated",
    "points correct": "points.corrected",
    "quality": "- numbers",
    "queue": "- numbers",
    "review better-file": "submission.",
    "review claim": "claim.taken",
    "review decide": "submission.approved",
    "review escalate": "claim.escalated",
    "review hand-over": "claim.handed_over",
    "review mine": "- the reviewer's own claims, by ids",
    "review release": "claim.released",
    "review renew": "claim.renewed",
    "review show": "material.viewed",
    "review take-up": "claim.taken_up",
    "review undo": "submission.reopened",
    "reviewer add": "reviewer.added",
    "reviewer confirm": "reviewer.confirmed",
    "reviewer disable": "reviewer.disabled",
    "reviewer enable": "reviewer.enabled",
    "reviewer end-second-factor": "factors.ended",
    "reviewer list": "- those who work here",
    "reviewer password": "password.changed",
    "reviewer relate": "relation.declared",
    "reviewer roles": "reviewer.changed",
    "reviewer unlink": "reviewer.unlinked",
    "secrets key": "- prints a new key",
    "secrets rotate": "secrets.rotated",
    "sla": "- numbers",
    "submit": "submission.accepted",
    "task dismiss": "task.dismissed",
    "task list": "- ids and errors",
    "task park": "task.parked",
    "task retry": "task.retried",
    "task retry-parked": "task.retried",
    "task show": "member.read",
    "tax-numbers": "- names of countries",
    "up": "- starts processes, which record what they do",
    "webhook add": "webhook.added",
    "webhook list": "- addresses of services",
    "webhook remove": "webhook.removed",
    "webhook replay": "webhook.replayed",
    "webhook resume": "webhook.resumed",
    "webhook rotate": "webhook.rotated",
    "webhook types": "- names of types",
}

WRITTEN: Final = {*CHANGES.values(), *READS.values(), *COMMANDS.values()}


@pytest.fixture(scope="module")
def web(all_servers: Container) -> FastAPI:
    application: FastAPI = app_of(all_servers)
    return application


def test_every_route_that_changes_something_says_what_it_writes(web: FastAPI) -> None:
    there = {route for route in routes(web, "/") if not route.startswith("GET ")}

    assert there == CHANGES.keys()


def test_every_route_that_reads_says_what_it_writes(web: FastAPI) -> None:
    assert {route for route in routes(web, "/") if route.startswith("GET ")} == READS.keys()


def test_every_command_says_what_it_writes() -> None:
    assert set(_commands(typer.main.get_command(command_line([])))) == COMMANDS.keys()


def test_exactly_the_routes_that_say_so_record_a_read(web: FastAPI) -> None:
    recording = {
        f"GET {route.path}"
        for route in iter_route_contexts(web.routes)
        if RECORDED in getattr(route, "dependencies", ())
        or RECORDED in getattr(getattr(route, "original_route", None), "dependencies", ())
    }

    assert recording == {route for route, event in READS.items() if event == "member.read"}


@pytest.mark.parametrize("event", sorted(each for each in WRITTEN if not each.startswith(NOTHING)))
def test_every_event_in_the_tables_is_written_somewhere(event: str) -> None:
    noun = event.partition(".")[0]

    assert re.search(rf'"{re.escape(event)}"|f"{noun}\.\{{', SOURCES), event


SOURCES: Final = "\n".join(
    path.read_text(encoding="utf-8") for room in ("pipeline", "cli") for path in sorted((ROOT / room).rglob("*.py"))
)


def _commands(found: Any, before: tuple[str, ...] = ()) -> Iterator[str]:
    inner: Mapping[str, Any] = getattr(found, "commands", {})
    if not inner:
        yield " ".join(before)
    for name, each in inner.items():
        yield from _commands(each, (*before, name))
