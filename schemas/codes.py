from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from schemas.base import Frozen
from schemas.states import SubmissionState


class CodeRequest(Frozen):
    """The code that the member read in the mail to their business address."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]


class CodeAnswer(Frozen):
    """What a code came to. A wrong one spends a try; the last wrong try ends the submission and spends its chance."""

    submission_id: UUID
    correct: bool
    state: SubmissionState
    tries_left: int
    chances_left: int
    chances_spent: int | None = None
    chances_pending: int | None = None


class CodeSent(Frozen):
    """A new code is on its way; the one before it holds until the mail server has accepted the new one."""

    submission_id: UUID
    codes_left_today: int
    another_at: datetime
