"""Which scope each route of the API needs: the one table, which the door, the OpenAPI document and docs/api.md follow."""

from collections.abc import Mapping
from typing import Final

from pipeline.access.rules.scopes import Scope

NO_KEY_NEEDED: Final = (
    "GET /v1/unsubscribe/{token}",
    "POST /v1/unsubscribe/{token}",
    "POST /v1/mail-events/sns",
    "POST /v1/sessions/open",
    "GET /v1/review/pictures/{token}",
)
"""Routes whose request carries its own proof."""

SESSION_ONLY: Final = ("GET /v1/session", "DELETE /v1/session")
"""Routes of a member's session. No key opens them."""

_MEMBER: Final = "/v1/members/{member_id}"
_CLAIM: Final = "/v1/review/claims/{claim_id}"
_WEBHOOK: Final = "/v1/webhooks/{endpoint_id}"

SCOPES: Final[Mapping[str, Scope]] = {
    "POST /v1/uploads": Scope.SUBMISSIONS_WRITE,
    "GET /v1/uploads/limits": Scope.SUBMISSIONS_READ,
    "POST /v1/submissions": Scope.SUBMISSIONS_WRITE,
    "GET /v1/submissions": Scope.SUBMISSIONS_READ,
    "GET /v1/submissions/{submission_id}": Scope.SUBMISSIONS_READ,
    "POST /v1/submissions/{submission_id}/withdraw": Scope.SUBMISSIONS_WRITE,
    "POST /v1/submissions/{submission_id}/code": Scope.SUBMISSIONS_WRITE,
    "POST /v1/submissions/{submission_id}/code/resend": Scope.SUBMISSIONS_WRITE,
    "POST /v1/test/clock": Scope.SUBMISSIONS_WRITE,
    "GET /v1/test/mails": Scope.SUBMISSIONS_READ,
    "GET /v1/membership/ladder": Scope.MEMBERS_READ,
    "GET /v1/membership/identities": Scope.MEMBERS_READ,
    "GET /v1/membership/identities/{identity}/form.schema.json": Scope.MEMBERS_READ,
    "GET /v1/membership/tax-countries": Scope.MEMBERS_READ,
    f"DELETE {_MEMBER}": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/erasure": Scope.MEMBERS_READ,
    f"GET {_MEMBER}/membership": Scope.MEMBERS_READ,
    f"GET {_MEMBER}/avatar": Scope.MEMBERS_READ,
    f"DELETE {_MEMBER}/avatar": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/personal-information": Scope.MEMBERS_READ,
    f"PUT {_MEMBER}/personal-information": Scope.MEMBERS_WRITE,
    f"POST {_MEMBER}/email/code": Scope.MEMBERS_WRITE,
    f"POST {_MEMBER}/email/confirm": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/business-card": Scope.MEMBERS_READ,
    f"PUT {_MEMBER}/business-card": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/procurement-information": Scope.MEMBERS_READ,
    f"PUT {_MEMBER}/procurement-information": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/company-information": Scope.MEMBERS_READ,
    f"PUT {_MEMBER}/company-information": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/privacy": Scope.MEMBERS_READ,
    f"PUT {_MEMBER}/privacy": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/public": Scope.MEMBERS_READ,
    f"GET {_MEMBER}/points": Scope.MEMBERS_READ,
    f"GET {_MEMBER}/points/entries": Scope.MEMBERS_READ,
    f"POST {_MEMBER}/points/redemptions": Scope.MEMBERS_WRITE,
    f"GET {_MEMBER}/subscriptions": Scope.MEMBERS_READ,
    f"PUT {_MEMBER}/subscriptions": Scope.MEMBERS_WRITE,
    "POST /v1/events": Scope.EVENTS_WRITE,
    "GET /v1/events": Scope.EVENTS_READ,
    "GET /v1/events/types": Scope.EVENTS_READ,
    "GET /v1/events/types/{event_type}/schema": Scope.EVENTS_READ,
    "POST /v1/mail-events": Scope.EVENTS_WRITE_ALL,
    "POST /v1/sessions": Scope.SESSIONS_WRITE,
    "GET /v1/sessions": Scope.SESSIONS_READ,
    "DELETE /v1/sessions/{session_id}": Scope.SESSIONS_WRITE,
    "POST /v1/webhooks": Scope.WEBHOOKS_WRITE,
    "GET /v1/webhooks": Scope.WEBHOOKS_READ,
    f"POST {_WEBHOOK}/secret": Scope.WEBHOOKS_WRITE,
    f"POST {_WEBHOOK}/resume": Scope.WEBHOOKS_WRITE,
    f"POST {_WEBHOOK}/replay": Scope.WEBHOOKS_WRITE,
    f"DELETE {_WEBHOOK}": Scope.WEBHOOKS_WRITE,
    "GET /v1/review/queue": Scope.REVIEW_READ,
    "GET /v1/review/claims": Scope.REVIEW_READ,
    "POST /v1/review/claims": Scope.REVIEW_WRITE,
    f"GET {_CLAIM}": Scope.REVIEW_READ,
    f"GET {_CLAIM}/colleagues": Scope.REVIEW_READ,
    f"POST {_CLAIM}/renew": Scope.REVIEW_WRITE,
    f"POST {_CLAIM}/release": Scope.REVIEW_WRITE,
    f"POST {_CLAIM}/decision": Scope.REVIEW_WRITE,
    f"POST {_CLAIM}/escalate": Scope.REVIEW_WRITE,
    f"POST {_CLAIM}/hand-over": Scope.REVIEW_WRITE,
    f"POST {_CLAIM}/take-up": Scope.REVIEW_WRITE,
    "GET /v1/review/redactions": Scope.REVIEW_READ,
    "POST /v1/review/redactions/{redaction_id}/confirm": Scope.REVIEW_WRITE,
    "POST /v1/review/decisions/{decision_id}/undo": Scope.REVIEW_WRITE,
    "POST /v1/review/points/penalties": Scope.REVIEW_WRITE,
    f"POST {_MEMBER}/membership/corrections": Scope.REVIEW_WRITE,
    f"POST {_MEMBER}/points/corrections": Scope.REVIEW_WRITE,
    "GET /v1/membership/spend-reviews": Scope.ADMIN_READ,
    "POST /v1/membership/spend-reviews/{review_id}/settlement": Scope.REVIEW_WRITE,
    "POST /v1/suppressed-addresses/lift": Scope.ADMIN_WRITE,
    f"PUT {_MEMBER}/hold": Scope.ADMIN_WRITE,
    f"GET {_MEMBER}/hold": Scope.ADMIN_READ,
    f"DELETE {_MEMBER}/hold": Scope.ADMIN_WRITE,
    "GET /v1/keys": Scope.ADMIN_READ,
    "POST /v1/keys/{key_id}/rotate": Scope.ADMIN_WRITE,
    "DELETE /v1/keys/{key_id}": Scope.ADMIN_WRITE,
}
"""The scope that a key needs, by route. A key whose scope ends in `:all` also reaches what other services sent."""
