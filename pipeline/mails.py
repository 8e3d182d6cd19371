"""What a stage says when a mail has to be frozen with its result; the notification stage renders and keeps it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class ResultMail:
    """The facts of one result mail: why it is sent (`cause_id`: one mail for each), its template, and what it may say."""

    cause_id: UUID
    template: str
    submission_id: UUID
    member_id: str
    stage: str | None = None
    chances_left: int | None = None
    chance: int | None = None
    message: str | None = None
    sentences: Sequence[str] = field(default=())


FreezeMail = Callable[[Connection, ResultMail], Any]
"""Renders the mail and keeps it in the caller's transaction."""

WithdrawMail = Callable[[Connection, UUID], Any]
"""Takes the mail of that cause, which nobody has begun to send, back in the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that belongs to no submission: why it is sent (`cause_id`: one mail for each), to whom, and what it may say.

    `headers` are sent with it. A `secret` one is forgotten once it has been handed over.
    """

    cause_id: UUID
    template: str
    recipient: str
    name: str
    locale: str
    facts: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: bool = False


FreezeLetter = Callable[[Connection, Letter], Any]
"""Renders the letter and keeps it in the caller's transaction, which records the task that sends it."""
