"""ETags of what is replaced as a whole: the version that a caller has seen comes back as `If-Match`."""

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Response

from pipeline.account.sections import Change
from pipeline.kernel import clock
from pipeline.kernel.errors import Invalid, Problem
from web.api.dependencies import Correlation, Submitter

_ETAG: Final = re.compile(r'"(\d{1,9})"')


def change_by(
    caller: Submitter,
    trace: Correlation,
    if_match: Annotated[
        str | None, Header(description="The ETag that you read. Leave it out where there is nothing yet.")
    ] = None,
) -> Change:
    """Who changes what, against which version. Raises Invalid for an ETag that is not ours."""
    found = _ETAG.fullmatch(if_match or '"0"')
    if found is None:
        message = 'Send the ETag that you read, such as "3", or leave the header out where there is nothing yet.'
        raise Invalid([Problem("If-Match", "invalid_etag", message)])
    return Change(seen=int(found[1]), actor=caller.name, trace=trace, now=clock.now())


Changing = Annotated[Change, Depends(change_by)]


def tag(response: Response, version: int) -> None:
    """Name the version of the answer."""
    response.headers["ETag"] = f'"{version}"'
