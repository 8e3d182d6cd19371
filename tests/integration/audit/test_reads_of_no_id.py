import pytest

from pipeline.submission.audit import audit
from tests.support.desk import Desk
from tests.support.http import Api


@pytest.mark.parametrize("member", ["Ana%20Lima%20lives%20here", "ana,lima", "m" * 101, "m" * 6000])
@pytest.mark.parametrize("path", ["/v1/members/{}/membership", "/v1/submissions?member_id={}"])
def test_what_is_no_id_is_refused_and_not_recorded(desk: Desk, api: Api, path: str, member: str) -> None:
    answer = (
        api.get(path.format(member)) if "?" not in path else api.call("GET", path.format(member), key=api.submit_key)
    )

    assert answer.status_code == 422
    assert [row.detail for row in desk.rows(audit) if row.event == "member.read"] == []
