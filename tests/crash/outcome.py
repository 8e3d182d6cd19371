"""What came of it, as it is seen from outside: without the ids and times that differ from one run to the next."""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from pipeline.intake.uploads import upload_slot
from pipeline.kernel.idempotency import idempotency
from pipeline.notification.tables import mail
from pipeline.review.tables import claim, skip
from pipeline.submission.audit import audit
from pipeline.submission.tables import material, rendition, submission
from pipeline.tasks.tables import schedule_run
from tests.support.desk import Desk
from tests.support.files import digest
from tests.support.mails import words
from tests.support.servers import kept_body
from tests.support.workers import left_in

_DIFFERENT: Final = frozenset({"id", "at", "cause", "superseded_by", "rule"})
_MAY_REPEAT: Final = frozenset({"claim.renewed", "material.viewed"})
"""They change nothing: whoever asks again without an answer is told again, and each time is history."""


@dataclass(frozen=True)
class Outcome:
    """`view` must be the same however often a process was killed. `resent` mails came once more with their Message-ID;
    `ambiguous` is how often the system itself says that a mail may have been taken before."""

    view: dict[str, Any]
    resent: int
    ambiguous: int
    most_tries: int


def outcome(desk: Desk) -> Outcome:
    mails = desk.mails()
    different = {str(each["Message-ID"]): each for each in mails}
    view = {
        "submissions": _submissions(desk),
        "members": _members(desk),
        "mails": sorted((str(each["To"]), str(each["Subject"]), words(each)) for each in different.values()),
        "public": _public(desk),
        "vault": _vault(desk),
        "uploads": _uploads(desk),
        "tasks": _counted(f"{row.kind} {row.state}" for row in desk.tasks()),
        "claims": _counted(f"{row.reviewer_id} {row.state}" for row in desk.rows(claim)),
        "rows": {table.name: len(desk.rows(table)) for table in (idempotency, upload_slot, schedule_run, skip)},
        "parked": desk.parked(),
        "messages left": left_in(desk.tools),
    }
    ambiguous = sum(row.ambiguous for row in desk.rows(mail))
    tries = max((row.attempts for row in desk.tasks()), default=0)
    return Outcome(view, len(mails) - len(different), ambiguous, tries)


def _submissions(desk: Desk) -> list[dict[str, Any]]:
    ids = [row.id for row in desk.rows(submission)]
    return [{**_same(desk.submission(each).model_dump(mode="json")), "history": _history(desk, each)} for each in ids]


def _history(desk: Desk, submission_id: Any) -> list[tuple[str, str | None, str | None]]:
    """Every event with its move."""
    rows = [(row.event, row.from_state, row.to_state) for row in desk.rows(audit) if row.submission_id == submission_id]
    return [row for row, times in groupby(rows) for row in ([row] if row[0] in _MAY_REPEAT else list(times))]


def _members(desk: Desk) -> dict[str, Any]:
    members = sorted({row.member_id for row in desk.rows(submission)})
    return {
        member: {
            "membership": _same(desk.membership(member).model_dump(mode="json")),
            "avatar": desk.avatar(member).sha256,
        }
        for member in members
    }


def _public(desk: Desk) -> list[str]:
    """The hash of what everybody can see."""
    public = desk.tools.storage.public
    return sorted(digest(kept_body(desk.tools, public, key)) for key in desk.keys(public))


def _vault(desk: Desk) -> dict[str, Any]:
    """The renditions that a reviewer sees; each has its object, and each object its rendition."""
    named = {row.key: row.sha256 for row in desk.rows(rendition)}
    kept = set(desk.keys(desk.tools.storage.vault))
    return {"renditions": sorted(named.values()), "missing": named.keys() - kept, "orphans": kept - named.keys()}


def _uploads(desk: Desk) -> dict[str, Any]:
    """The originals by their hashes, each with its object, and whatever else lies there."""
    storage, named = desk.tools.storage, {row.upload_key: row.sha256 for row in desk.rows(material) if row.upload_key}
    kept = set(desk.keys(storage.uploads))
    inspected = sorted(digest for key, digest in named.items() if digest and key in kept)
    return {"originals": inspected, "others": sorted(kept - {key for key, digest in named.items() if digest})}


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _same(value: Any) -> Any:
    """The value without what is never the same twice: ids made in the run, and times."""
    if isinstance(value, dict):
        return {key: _same(each) for key, each in value.items() if not _is_different(key)}
    return [_same(each) for each in value] if isinstance(value, list) else value


def _is_different(key: str) -> bool:
    return key in _DIFFERENT or key.endswith("_at") or (key.endswith("_id") and key != "member_id")
