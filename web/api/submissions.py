from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from pipeline.access.member_sessions import only_their_own
from pipeline.intake.accept import accept, withdraw
from pipeline.intake.records import Door
from pipeline.intake.uploads import limits_of, open_slot
from pipeline.kernel import clock
from pipeline.submission.lifecycle import State
from pipeline.verification.business_email import confirm
from pipeline.verification.code_delivery import resend
from pipeline.workflows.submission_views import Filters, full_submissions, submission_of, submissions
from schemas.base import Identifier
from schemas.codes import CodeAnswer, CodeRequest, CodeSent
from schemas.mail_address import MailAddress
from schemas.numbers import Time
from schemas.submissions import (
    Accepted,
    FullSubmissionPage,
    Method,
    Submission,
    SubmissionPage,
    SubmissionView,
    UploadLimits,
    UploadRequest,
    UploadSlot,
)
from web.api import member_scope
from web.api.admission import LIMITED, OVERLOADED, admit
from web.api.dependencies import (
    Correlation,
    Key,
    RequiredKey,
    SubmitterOrMember,
    Tools,
    request_once,
    required_key,
)
from web.api.reads import RECORDED

router = APIRouter(prefix="/v1", tags=["upstream"])

MOST_IDS: Final = 100
"""Of a read of many: their ids fit the longest address."""


@router.post(
    "/uploads",
    status_code=201,
    summary="Get an upload URL for one file",
    dependencies=[LIMITED],
    responses=OVERLOADED,
)
def create_upload(body: UploadRequest, tools: Tools, caller: SubmitterOrMember, key: Key = None) -> UploadSlot:
    """A presigned PUT that fixes type and length. Send exactly the headers of the answer, before it expires, and once.

    `429` `too_many_uploads`: too many of your uploads wait for a submission.
    """
    once = request_once(key, owner=caller.owner, operation="uploads.create", body=body)
    admit(once, tools=tools)
    return open_slot(
        body,
        owner=caller.owner,
        allowance=tools.policy.upload.of_a_key if caller.speaker is None else tools.policy.upload.of_a_member,
        now=clock.now(),
        db=tools.db,
        storage=tools.storage,
        policy=tools.policy,
        request_once=once,
    )


@router.get("/uploads/limits", summary="The limits of a file")
def get_upload_limits(tools: Tools, _caller: SubmitterOrMember) -> UploadLimits:
    """Media types and largest size for each purpose. A page can check them before it uploads."""
    return limits_of(tools.policy)


@router.post(
    "/submissions",
    status_code=202,
    summary="Submit an avatar or a verification",
    dependencies=[LIMITED],
    responses=OVERLOADED,
)
def create_submission(
    body: Submission,
    tools: Tools,
    caller: SubmitterOrMember,
    trace: Correlation,
    response: Response,
    key: RequiredKey = None,
) -> Accepted:
    """`202` means that the submission is committed and will be worked on. To repeat it, send the same `Idempotency-Key`."""
    member_scope.check(body, caller=caller, tools=tools)
    once = request_once(required_key(key), owner=caller.owner, operation="submissions.accept", body=body)
    admit(once, tools=tools)
    answer = accept(
        body,
        door=Door("http", caller.name, trace, caller.sends_as),
        now=clock.now(),
        context=tools.intake,
        request=once,
    )
    response.headers["Location"] = f"/v1/submissions/{answer.id}"
    return answer


async def _filters(  # noqa: PLR0913, PLR0917  (each is a parameter of the address)
    caller: SubmitterOrMember,
    member_id: member_scope.MemberToList,
    kind: Literal["avatar", "verification"] | None = None,
    state: State | None = None,
    stage: Identifier | None = None,
    correlation_id: Identifier | None = None,
    method: Method | None = None,
    identity: Identifier | None = None,
    email: Annotated[MailAddress | None, Query(description="The member's address, in any case")] = None,
    id: Annotated[  # noqa: A002  (the parameter's name in the address)
        list[UUID] | None, Query(max_length=MOST_IDS, description="Read many: repeat it for each, up to 100")
    ] = None,
    accepted_from: Time | None = None,
    accepted_to: Time | None = None,
    due_from: Time | None = None,
    due_to: Time | None = None,
) -> Filters:
    return Filters(
        member_id=member_id,
        kind=kind,
        state=state,
        stage=stage,
        correlation_id=correlation_id,
        reach=caller.reach,
        method=method,
        identity=identity,
        email=email,
        ids=id,
        accepted_from=accepted_from,
        accepted_to=accepted_to,
        due_from=due_from,
        due_to=due_to,
    )


@router.get("/submissions", dependencies=[RECORDED], summary="List submissions, the latest first")
def list_submissions(
    tools: Tools,
    filters: Annotated[Filters, Depends(_filters)],
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    view: Annotated[
        Literal["line", "full"], Query(description="`full` returns the same as `GET /v1/submissions/{id}` for each")
    ] = "line",
) -> SubmissionPage | FullSubmissionPage:
    """Filter by what they are, whose, and when; page with `next_cursor`. `accepted_to` and `due_to` are the first times that are left out.

    To read many at once, repeat `id` with `view=full`: what is not there, or is not yours, is left out.
    """
    if view == "full":
        return full_submissions(filters, cursor=cursor, limit=limit, db=tools.db, policy=tools.policy)
    return submissions(filters, cursor=cursor, limit=limit, db=tools.db)


@router.get("/submissions/{submission_id}", dependencies=[RECORDED], summary="One submission in full")
def get_submission(submission_id: UUID, tools: Tools, caller: SubmitterOrMember) -> SubmissionView:
    """Its state, findings, due time with the reason for it, decision, and the state of its effects."""
    only_their_own(submission_id, caller=caller, db=tools.db)
    return submission_of(submission_id, db=tools.db, policy=tools.policy)


@router.post("/submissions/{submission_id}/withdraw", summary="Withdraw an open submission")
def withdraw_submission(submission_id: UUID, tools: Tools, caller: SubmitterOrMember) -> SubmissionView:
    """Possible while it is open. No chance is spent."""
    only_their_own(submission_id, caller=caller, db=tools.db)
    withdraw(submission_id, caller=caller.name, db=tools.db)
    return submission_of(submission_id, db=tools.db, policy=tools.policy)


@router.post("/submissions/{submission_id}/code", summary="Confirm a business address with the code")
def confirm_code(
    submission_id: UUID, body: CodeRequest, tools: Tools, caller: SubmitterOrMember, key: Key = None
) -> CodeAnswer:
    """The right code approves the submission. After the last wrong try it is rejected and its chance is spent."""
    only_their_own(submission_id, caller=caller, db=tools.db)
    once = request_once(key, owner=caller.owner, operation=f"submissions.{submission_id}.code", body=body)
    return confirm(
        submission_id, body.code, db=tools.db, policy=tools.policy, freeze_mail=tools.freeze_mail, request=once
    )


@router.post("/submissions/{submission_id}/code/resend", status_code=202, summary="Send a new code")
def resend_code(submission_id: UUID, tools: Tools, caller: SubmitterOrMember, key: Key = None) -> CodeSent:
    """The new code replaces the one before it. Used tries stay used."""
    only_their_own(submission_id, caller=caller, db=tools.db)
    once = request_once(key, owner=caller.owner, operation=f"submissions.{submission_id}.code.resend")
    return resend(submission_id, caller=caller.name, db=tools.db, policy=tools.policy, request=once)
