"""Links to the pictures of a case for browsers that hold no credential: each works for as long as the claim does, and not for long."""

from datetime import datetime, timedelta
from typing import Final, get_args
from uuid import UUID

from sqlalchemy import Connection

from pipeline.access.staff.accounts import require_right
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel.errors import ClaimExpired, NotFound
from pipeline.kernel.tokens import Tokens, tokens_of
from pipeline.review.cases.images import Purpose, beside, page_of
from pipeline.review.claims.context import ReviewContext

PATH: Final = "/v1/review/pictures/"
_PURPOSE: Final = "picture"
_PAGE: Final = "page"
_BESIDE: Final = "beside"


class CaseLinks:
    """Makes the links of one claim."""

    def __init__(
        self, tokens: Tokens, claim_id: UUID, reviewer_id: str, *, now: datetime, context: ReviewContext
    ) -> None:
        self._tokens, self._whose = tokens, (str(claim_id), reviewer_id)
        self._ends_at = now + timedelta(seconds=context.policy.review.view_url_seconds)
        self._base = f"{context.web_url}{PATH}"

    def page(self, material_id: UUID, page: int, purpose: str) -> str:
        """To one page of a file of the case."""
        return self._link(_PAGE, str(material_id), str(page), purpose)

    def beside(self, submission_id: UUID) -> str:
        """To the picture of another submission, to compare."""
        return self._link(_BESIDE, str(submission_id))

    def _link(self, *what: str) -> str:
        return self._base + self._tokens.make(*self._whose, *what, ends_at=self._ends_at)


def links_of(
    connection: Connection, claim_id: UUID, reviewer_id: str, *, now: datetime, context: ReviewContext
) -> CaseLinks:
    """The links of a claim."""
    tokens = tokens_of(connection, _PURPOSE, sealer=context.sealer)
    return CaseLinks(tokens, claim_id, reviewer_id, now=now, context=context)


def picture_at(token: str, *, now: datetime, context: ReviewContext) -> bytes:
    """The picture that a link leads to, as JPEG. Raises NotFound once the link or its claim has ended, Forbidden."""
    with context.db.begin() as connection:
        said = tokens_of(connection, _PURPOSE, sealer=context.sealer).read(token, now=now)
    require_right(said[1], Right.REVIEW, db=context.db)
    try:
        return _picture(*said, context=context)
    except ClaimExpired as error:
        raise NotFound("This picture is shown no longer: the claim on its case has ended.") from error


def _picture(claim_id: str, reviewer_id: str, kind: str, *what: str, context: ReviewContext) -> bytes:
    claim, shown = UUID(claim_id), UUID(what[0])
    if kind == _BESIDE:
        return beside(claim, shown, reviewer_id=reviewer_id, context=context)
    purpose = _purpose(what[2])
    return page_of(claim, shown, page=int(what[1]), purpose=purpose, reviewer_id=reviewer_id, context=context)


def _purpose(word: str) -> Purpose:
    found: Purpose | None = next((each for each in get_args(Purpose) if each == word), None)
    if found is None:
        raise NotFound("This case has no such page.")
    return found
