"""An operator edits the policy while cases are open, and some processes are restarted with it."""

import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from signal import SIGKILL
from typing import Final

from tests.chaos.faults.fault import Fault
from tests.chaos.faults.processes import RELAYS, WEBS, WORKERS
from tests.chaos.faults.signals import signalled

EDITED: Final[Mapping[str, str]] = {
    '[[reasons.avatar]]\ncode = "group_photo"': '[[reasons.avatar]]\ncode = "several_people"',
    '[[reasons.verification]]\ncode = "unreadable"': '[[reasons.verification]]\ncode = "illegible"',
    '[[avatar.checklist]]\ncode = "single_person"': '[[avatar.checklist]]\ncode = "one_person"',
    'kind = "bank_statement"\ntitle = "Bank statement"\nmust_show = [\n  { code = "period", text = "period"': (
        'kind = "account_statement"\ntitle = "Account statement"\nmust_show = [\n  { code = "period", text = "period"'
    ),
    '{ code = "company_name", text = "company name", facts': '{ code = "name", text = "company name", facts',
}
"""What reviewers say and ask, and the material that verifications consist of."""


class PolicyEdited(Fault):
    """For a while a web process, a worker and a relay work by another policy than the rest; then by the first again."""

    name, seconds, crowd = "policy_edited", (6, 10), ("avatar", "verification", "verification")

    def choose(self, rng: random.Random) -> None:
        """One process of each kind."""
        self._restarted = [rng.choice(names) for names in (WEBS, WORKERS, RELAYS)]

    def begin(self) -> None:
        """Edit the file, and restart them."""
        self._put(edited(self._shipped()))

    def end(self) -> None:
        """Put the file back, and restart them again."""
        self._put(self._shipped())

    @property
    def _file(self) -> Path:
        return Path(self.ground.environment["PROOFDESK_POLICY_FILE"])

    def _shipped(self) -> str:
        """The policy before anybody edited it: two of these may be under way."""
        kept = self._file.with_suffix(".before")
        if not kept.exists():
            shutil.copy(self._file, kept)
        return kept.read_text()

    def _put(self, text: str) -> None:
        written = self._file.with_suffix(f".{id(self)}")
        written.write_text(text)
        written.replace(self._file)
        for each in self._restarted:
            signalled(self.ground, each, SIGKILL)


def edited(text: str) -> str:
    """The policy as the operator leaves it. Raises LookupError where it says no longer what is edited."""
    for before, after in EDITED.items():
        if text.count(before) != 1:
            raise LookupError(f"The policy says no longer once: {before}")
        text = text.replace(before, after)
    return text
