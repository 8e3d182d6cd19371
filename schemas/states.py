"""The states that answers and events name, as the API's description lists them."""

from typing import Literal

SubmissionState = Literal[
    "received",
    "in_review",
    "awaiting_code",
    "refused",
    "approved",
    "rejected",
    "expired",
    "superseded",
    "withdrawn",
]
"""The states of a submission: those of `pipeline/submission/lifecycle.py`."""

EffectName = Literal["avatar_published", "stage_unlocked", "mail"]
EffectState = Literal["pending", "sending", "sent", "unknown", "withdrawn", "suppressed", "held", "done", "superseded"]
"""Of a mail, how far it is; of another effect `pending`, `done` or `superseded`."""
