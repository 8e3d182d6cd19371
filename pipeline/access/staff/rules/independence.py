"""Whether two verdicts are those of two people. An account is also in the hands of whoever could have signed in as its person.

An administrator makes the link with which somebody chooses a password, and can open it himself. So the one who opened an account
counts as that person too, until a third person confirms who has it (docs/adr/0018).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.kernel.errors import Forbidden

TERMINAL: Final = "cli"
"""Who acts at a terminal. The operator is trusted with links, but a password that was typed there is not the person's own."""


def is_terminal(actor: str) -> bool:
    """Whether somebody acts at a terminal: `cli`, or `cli:root` with the user of the operating system, as the history names them."""
    return actor.partition(":")[0] == TERMINAL


@dataclass(frozen=True, slots=True)
class Holder:
    """The person of a credential, whether it is one that they made themselves, and who else could be that person."""

    reviewer_id: str
    own: bool
    others: frozenset[str] = field(default_factory=frozenset)

    @property
    def may_be(self) -> frozenset[str]:
        """Everybody who this may have been."""
        return self.others | {self.reviewer_id}

    def shown(self) -> dict[str, Any]:
        """As it is kept with an opinion."""
        return {"own": self.own, "others": sorted(self.others)}


class NotIndependent(Forbidden):
    """A verdict that needs two people came from somebody who may be the other one, or by a credential that others made."""

    code = "not_independent"


def others_of(reviewer_id: str, openings: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Who else could be this person: whoever opened the account, whoever opened theirs, and so on.

    `openings` names for each account those who opened it and whom nobody has answered for since.
    """
    found: set[str] = set()
    ahead = [reviewer_id]
    while ahead:
        further = {each for each in openings.get(ahead.pop(), ()) if each != TERMINAL} - found
        found |= further
        ahead.extend(further)
    return frozenset(found - {reviewer_id})


def require_own(holder: Holder) -> None:
    """Raises NotIndependent where the credential is not one that its person made."""
    if not holder.own:
        raise NotIndependent(
            "This case needs two people, each by a credential of their own, and this one was made by somebody else. "
            "Sign in to the console with a password that you chose yourself, or use a key that you made under Your account."
        )


def require_independent(holder: Holder, earlier: Sequence[Holder]) -> None:
    """Raises NotIndependent where this person may be one of those who spoke before."""
    require_own(holder)
    for before in earlier:
        if shared := holder.may_be & before.may_be:
            raise NotIndependent(
                f"This case needs two people, and {' and '.join(sorted(shared))} could have signed in as "
                f"{holder.reviewer_id} and as {before.reviewer_id}. Another reviewer may decide it. An account counts as its "
                "person's alone once somebody else has confirmed it on the page People."
            )


def may_confirm(confirming: Holder, confirmed: Holder) -> bool:
    """Whether the first may answer for who has the account of the second: neither is in the other's hands, nor both in a third's."""
    return not confirming.may_be & confirmed.may_be
