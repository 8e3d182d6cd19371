from uuid import UUID

from pipeline.access.staff.relations import related_members
from pipeline.avatar.service import approved_picture
from pipeline.kernel import clock
from pipeline.review.cases.links import links_of
from pipeline.review.cases.view import case_of
from pipeline.review.claims.context import ReviewContext
from pipeline.review.quality.blinding import Past, as_first_seen, past_of
from pipeline.submission.chances import chances_of_case
from pipeline.verification.tax_number import number_of
from schemas.cases import Case, ChancesView, TaxNumberView


def review_case(claim_id: UUID, *, reviewer_id: str, context: ReviewContext) -> Case:
    """The case of a claim; a blind one as it was before its decision. Raises ClaimExpired, NotFound.

    The avatar has a link that ends with the claim, not its public address: an avatar of earlier has no other, and the link must not
    show which case is blind.
    """
    now = clock.now()
    case = case_of(claim_id, reviewer_id=reviewer_id, now=now, context=context)
    past = past_of(claim_id, db=context.db)
    avatar = approved_picture(case.member_id, at=past.decided_at if past else None, db=context.db)
    if avatar is not None:
        with context.db.begin() as connection:
            links = links_of(connection, claim_id, reviewer_id, now=now, context=context)
        link = links.beside(avatar.submission_id)
        shown = {"current_avatar_url": link, "current_avatar_id": avatar.submission_id}
        case = case.model_copy(update=shown)
    if case.kind == "verification":
        number = _without_related(number_of(case.submission_id, db=context.db), reviewer_id, context)
        case = case.model_copy(update={"tax_number": number})
    case = case.model_copy(update={"chances": _chances(case, past, context)})
    return as_first_seen(case, past) if past else case


def _chances(case: Case, past: Past | None, context: ReviewContext) -> ChancesView | None:
    """Those of a blind case as they were before its decision."""
    with context.db.read() as connection:
        taken = chances_of_case(connection, case.submission_id, at=past.decided_at if past else None)
    if taken is None:
        return None
    left = taken.left_of(context.policy.attempts.per_method)
    return ChancesView(spent=taken.spent, pending=taken.pending, left=left)


def _without_related(number: TaxNumberView | None, reviewer_id: str, context: ReviewContext) -> TaxNumberView | None:
    """The number without who else gave it, where the reviewer has to do with them."""
    if number is None or not number.used_by:
        return number
    with context.db.read() as connection:
        hidden = related_members(connection, reviewer_id)
    return number.model_copy(update={"used_by": tuple(each for each in number.used_by if each.member_id not in hidden)})
