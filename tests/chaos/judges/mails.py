"""What members were told by mail."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.chaos.evidence import Evidence
from tests.chaos.judges.judge import Charge, Judge
from tests.chaos.traffic import TOLD


class Mails(Judge):
    """One Message-ID for each result that a member is told; none for what was overtaken or taken back.

    Of several for a stage that one of them unlocks, that one is told, and a result that was not sent yet is withdrawn.
    """

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """A mail with the same Message-ID is a resend and is counted elsewhere."""
        for submission_id, view in evidence.views.items():
            ids = {mail.message_id for mail in evidence.mails.get(submission_id, [])}
            due = bool(view) and view["state"] in TOLD and not _withdrawn(view)
            if due and not ids:
                yield "lost", f"the mail of {submission_id}"
            elif view and _withdrawn(view) and not _told_by_another(evidence, view):
                yield "lost", f"the mail of {submission_id}, which was withdrawn, and nothing was told in its place"
            elif len(ids) > due:
                yield "twice", f"{submission_id} is {view.get('state')} and has mails {sorted(ids)}"
        for submission_id in evidence.mails.keys() - evidence.views.keys():
            yield "mismatches", f"a mail tells of {submission_id}, which was not accepted"


def _withdrawn(view: Mapping[str, Any]) -> bool:
    return any(each["name"] == "mail" and each["state"] == "withdrawn" for each in view["effects"])


def _told_by_another(evidence: Evidence, view: Mapping[str, Any]) -> bool:
    """Whether an approval of the same stage was told to the member."""
    return view["kind"] == "verification" and any(
        other["state"] == "approved" and other["stage"] == view["stage"] and not _withdrawn(other)
        for other in evidence.of_member(view["member_id"], "verification")
    )


class MessageIds(Judge):
    """A Message-ID belongs to one result, and whatever came under it says the same."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """By submission and text; the receiving side keeps one of several with the same Message-ID."""
        said: dict[str, set[tuple[str, str]]] = {}
        for submission_id, mails in evidence.mails.items():
            for mail in mails:
                said.setdefault(mail.message_id, set()).add((submission_id, mail.text))
        for message_id, texts in said.items():
            if len(texts) > 1:
                yield "mismatches", f"{message_id} says {len(texts)} different things"


def resent(evidence: Evidence) -> int:
    """How many mails came once more with the same Message-ID."""
    ids = [mail.message_id for mails in evidence.mails.values() for mail in mails]
    return len(ids) - len(set(ids))
