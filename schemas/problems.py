"""An error over HTTP: problem+json (RFC 9457)."""

from pydantic import BaseModel, ConfigDict

from schemas.decisions import CaseOutcome


class ProblemItem(BaseModel):
    """One thing that is wrong with a request: where (as a path and as a JSON Pointer), which, and what to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    pointer: str
    code: str
    message: str


class ProblemDocument(BaseModel):
    """An error. `code` is stable and for programs, `detail` for people. `errors` lists everything that is wrong with a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: tuple[ProblemItem, ...] = ()
    used: int | None = None
    limit: int | None = None
    became: CaseOutcome | None = None
