"""The interface between intake, which accepts evidence, and verification, which checks, keeps and judges it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pipeline.kernel.errors import Problem
from pipeline.policy import Policy
from pipeline.submission.lifecycle import State
from pipeline.tasks.rules import INSPECT, Kind


def nothing_to_ask(_submission: Any) -> Iterable[Problem]:
    """No problems: the method asks no network."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMethod:
    """A method of verification without files.

    `problems` judges the evidence by rules alone; `network_problems` asks the network, and is called where there are none.
    `keep(connection, submission_id, submission, now, policy)` writes the evidence in the transaction that accepts it. The submission
    begins in `first_state` with the task `first_task`: unless a rule judges it first, the inspection finds no file and passes it on to a
    person, who reads what `keep` wrote as the signal `stated` of a material.
    """

    problems: Callable[[Any, Policy], Iterable[Problem]]
    network_problems: Callable[[Any], Iterable[Problem]] = nothing_to_ask
    keep: Callable[[Connection, UUID, Any, datetime, Policy], None]
    first_task: Kind = INSPECT
    first_state: State = State.RECEIVED
