"""Why a broker that can be reached takes no work, by the error with which it replied. Pure.

https://valkey.io/topics/protocol/#simple-errors
"""

import re
from collections.abc import Mapping
from typing import Final

_REPLIES: Final[Mapping[str, str]] = {
    "OOM": "is full: its memory has reached maxmemory. Raise maxmemory",
    "READONLY": "is read-only: it is a replica, as after a fail-over. Let PROOFDESK_BROKER_URL lead to the primary",
    "MISCONF": "is read-only: it could not write its snapshot or its append-only file. Look at its disk and its log",
    "NOREPLICAS": "is read-only: it has fewer replicas than min-replicas-to-write. Start them",
    "LOADING": "is starting: it reads its data. Wait",
    "MASTERDOWN": "is a replica that has lost its primary. Let PROOFDESK_BROKER_URL lead to the primary",
    "CLUSTERDOWN": "is a cluster that serves no keys now. Look at its nodes",
    "MOVED": "is one node of a cluster. Proofdesk needs a broker that is no cluster",
    "TRYAGAIN": "is a cluster that moves its keys. Proofdesk needs a broker that is no cluster",
    "BUSY": "is busy with a script of somebody else. End it with SCRIPT KILL",
    "NOPERM": "refuses a command: the user in PROOFDESK_BROKER_URL may not do it. Give this user the right",
    "NOAUTH": "wants a password. Correct PROOFDESK_BROKER_URL",
    "WRONGPASS": "does not know the user or the password. Correct PROOFDESK_BROKER_URL",
}
_WORD: Final = re.compile(rf"\b({'|'.join(_REPLIES)})\b")


def why_no_work(reply: str, *, status: str | None = None) -> str | None:
    """The cause and what to do, in a sentence; None where the reply has none of the known codes.

    `status` is the code where the client's library has taken it off. Redis before 7 wraps the error of a script into another one,
    so a code counts wherever it stands.
    """
    found = status if status in _REPLIES else next(iter(_WORD.findall(reply)), None)
    return f"The broker {_REPLIES[found]} ({found})." if found else None
