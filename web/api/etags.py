"""ETags of sections: an answer names its version, and a change sends that version back as `If-Match`."""

import re
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Response

from pipeline.account.sections import Change
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from schemas.account import PersonalView, SectionView
from web.api.dependencies import Correlation, Submitter

View = TypeVar("View", SectionView, PersonalView)

_ETAG: Final = re.compile(r'"(\d{1,9})"')


def change_by(
    caller: Submitter,
    trace: Correlation,
    if_match: Annotated[
        str | None,
        Header(description="The ETag of the version that you read. Leave it out where nothing is stored yet."),
    ] = None,
) -> Change:
    """Who makes the change, and which version they have read. Raises Invalid for an ETag of another form."""
    found = _ETAG.fullmatch(if_match or '"0"')
    if found is None:
        message = 'Send the ETag that you read, such as "3", or leave the header out where nothing is stored yet.'
        raise Invalid([Problem("If-Match", "invalid_etag", message)])
    return Change(seen=int(found[1]), actor=caller.name, trace=trace, now=clock.now())


Changing = Annotated[Change, Depends(change_by)]


def tagged(response: Response, view: View) -> View:
    """The view, whose version goes into the answer's ETag."""
    response.headers["ETag"] = f'"{view.version}"'
    return view
