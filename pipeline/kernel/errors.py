"""One tree of errors. Each has a stable code and a sentence that says what to do; a bad upload is a finding, not one of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input: where (`materials.0.kind`), which (a stable code), and what to do, in words."""

    path: str
    code: str
    message: str


class ProofdeskError(Exception):
    """The root. `code` is stable; the message is for people."""

    code: ClassVar[str] = "internal_error"


class RetryableError(ProofdeskError):
    """Something that we depend on is away for now. The same work will succeed later, in `retry_after_seconds` if that is known."""

    code = "temporarily_unavailable"
    uses_tries: ClassVar[bool] = False
    """Whether a task that met it has used up a try. An outage uses up none, however long it lasts."""

    def __init__(self, message: str, *, retry_after_seconds: int | None = None) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class Overloaded(RetryableError):
    """More is asked of this installation than it may take in. Nothing was done."""

    code = "overloaded"


class PermanentError(ProofdeskError):
    """Trying again changes nothing; a person or the caller has to act."""

    code = "not_possible"


class Misconfigured(PermanentError):
    """A setting or the policy is wrong."""

    code = "misconfigured"


class DatabaseUnavailable(RetryableError):
    """PostgreSQL cannot be reached or closed the connection."""

    code = "database_unavailable"


class StatementCancelled(RetryableError):
    """PostgreSQL is there and ended a statement of ours: it took too long, waited too long for a lock, or stood in a deadlock.

    No outage but a fault of ours. The same work may succeed later, so it is tried again as often as its kind allows, then parked.
    """

    code = "statement_cancelled"
    uses_tries = True


class DatabaseFault(ProofdeskError):
    """PostgreSQL refused a statement of ours: a fault in this program. It says which rule, never the data."""

    code = "internal_error"


class BrokerUnavailable(RetryableError):
    """The broker cannot be reached, or takes no work: it is full, read-only, or not ready. Work goes on from the ledger."""

    code = "broker_unavailable"


class StorageUnavailable(RetryableError):
    """The object store cannot be reached or answers with a fault."""

    code = "storage_unavailable"


class StorageCircuitOpen(StorageUnavailable):
    """The object store was away a moment ago; it was not asked again."""


class StorageRefused(PermanentError):
    """The object store is there and refuses this one request. `reason` is its code, such as `AccessDenied`."""

    code = "storage_refused"

    def __init__(self, message: str, *, reason: str) -> None:
        self.reason = reason
        super().__init__(message)


class StorageMisconfigured(StorageRefused, Misconfigured):
    """The object store refuses every request of this kind: a bucket, a key or a right is missing, or the address is wrong."""

    code = "storage_misconfigured"


class MailUnavailable(RetryableError):
    """The mail server cannot be reached or closes the connection; nothing was handed over."""

    code = "mail_unavailable"


class MailCircuitOpen(MailUnavailable):
    """The mail server was away a moment ago; it was not asked again."""


class MailDeferred(RetryableError):
    """The mail server answers, but takes this mail later; nothing was handed over."""

    code = "mail_deferred"


class MailAmbiguous(RetryableError):
    """The connection broke after the final dot: the mail may have been taken. It is sent again with the same Message-ID."""

    code = "mail_ambiguous"


class MailRefused(PermanentError):
    """The mail server refuses this mail for good."""

    code = "mail_refused"


class LeaseLost(ProofdeskError):
    """The task's lease ran out and somebody else has it now; this worker's result is thrown away."""

    code = "lease_lost"


class Invalid(PermanentError):
    """The input breaks a rule. Every problem found is listed, not only the first."""

    code = "invalid_request"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{each.path}: {each.message}" if each.path else each.message for each in self.problems)
        )


class NotFound(PermanentError):
    """There is no such thing, or not for this caller."""

    code = "not_found"


class Forbidden(PermanentError):
    """The caller may not do this."""

    code = "forbidden"


class Conflict(PermanentError):
    """The request is sound but does not fit the present state. `became` says what came of the case meanwhile, where that is known."""

    code = "conflict"

    def __init__(self, message: str, *, became: Mapping[str, object] | None = None) -> None:
        self.became = became
        super().__init__(message)


class IdempotencyKeyReused(PermanentError):
    """The same idempotency key came with another body."""

    code = "idempotency_key_reused"


class MemberErased(Conflict):
    """The member is being erased, or was when this was counted."""

    code = "member_erased"


class AttemptsExhausted(Conflict):
    """No chance is left for this method and stage."""

    code = "attempts_exhausted"

    def __init__(self, message: str, *, spent: int, pending: int, limit: int) -> None:
        self.used, self.spent, self.pending, self.limit = spent + pending, spent, pending, limit
        super().__init__(message)


class StageAlreadyUnlocked(Conflict):
    """The member has this stage."""

    code = "stage_already_unlocked"


class AlreadyThere(Conflict):
    """The submission is in the asked state already."""

    code = "already_there"


class NotAllowed(Conflict):
    """The submission's state has no such move."""

    code = "not_allowed"


class Stale(Conflict):
    """The submission has changed since the caller looked at it."""

    code = "stale_version"


class ClaimExpired(Conflict):
    """The claim's lease ran out, or the claim has ended."""

    code = "claim_expired"


class ColleagueNotEligible(Conflict):
    """The colleague may not have this case."""

    code = "colleague_not_eligible"


class ChanceTakenAgain(Conflict):
    """The member has used the chance that was given back for another submission."""

    code = "chance_taken_again"


class UndoTooLate(Conflict):
    """The time in which a decision can be undone is over, or its effects have begun to leave."""

    code = "undo_too_late"


class AnotherAvatarOpen(Conflict):
    """The member has another avatar that is open; there is never more than one."""

    code = "another_avatar_open"


class ClaimCapReached(Conflict):
    """The reviewer holds as many cases as one person may."""

    code = "claim_cap_reached"
