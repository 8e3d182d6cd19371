"""Events to the endpoints of other services: signed, in order for each member, again until they are taken."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook

from cli.doctor import examine
from pipeline.events.tables import delivery, endpoint
from pipeline.events.webhooks import endpoints
from pipeline.kernel import clock
from pipeline.kernel.errors import AlreadyThere, Invalid, NotFound
from pipeline.kernel.ids import new_id
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest, EndpointSecret, EndpointView, ReplayRequest
from tests.support.desk import Desk
from tests.support.endpoint import Endpoint, listening
from tests.support.together import until
from tests.support.undoing import let_window_pass, patient


@pytest.fixture
def place() -> Iterator[Endpoint]:
    with listening() as found:
        yield found


def added(desk: Desk, place: Endpoint, *types: str) -> EndpointSecret:
    return endpoints.add(EndpointRequest(url=place.url, types=types), db=desk.tools.db, sealer=desk.tools.sealer)


def only(desk: Desk) -> EndpointView:
    (found,) = endpoints.list_endpoints(db=desk.tools.db)
    return found


def failing_for(desk: Desk, **ago: float) -> None:
    """As if the endpoint had failed and every delivery had begun so long ago."""
    at = clock.now() - timedelta(**ago)
    with desk.tools.db.begin() as connection:
        connection.execute(update(endpoint).values(failing_since=at))
        connection.execute(update(delivery).values(begun_at=at))


def all_delivered(desk: Desk) -> bool:
    """Go on with what waits for its turn or for the endpoint; whether nothing is left."""
    desk.let_backoff_pass()
    desk.run_due(DELIVER_EVENT)
    return only(desk).pending == 0


def through(desk: Desk, member_id: str = "m-1") -> UUID:
    """An avatar from the door to its end."""
    submission_id = desk.submit_avatar(member_id)
    desk.inspect()
    desk.approve()
    desk.let_backoff_pass()
    desk.run_due()
    return submission_id


def test_an_avatar_tells_its_life_in_order_and_the_decision_once_its_effect_is_there(
    desk: Desk, place: Endpoint
) -> None:
    added(desk, place)

    submission_id = through(desk)

    assert place.types() == ["submission.received", "submission.in_review", "submission.approved", "avatar.published"]
    moves = [each["data"] for each in place.events()[:3]]
    assert [move["version"] for move in moves] == [1, 2, 3]
    assert {move["submission_id"] for move in moves} == {str(submission_id)}


def test_an_endpoint_gets_only_the_types_that_it_asked_for(desk: Desk, place: Endpoint) -> None:
    added(desk, place, "submission.approved")

    through(desk)

    assert place.types() == ["submission.approved"]


def test_the_signature_holds_and_the_id_is_the_events(desk: Desk, place: Endpoint) -> None:
    secret = added(desk, place).secret

    desk.submit_avatar()
    desk.run_due(DELIVER_EVENT)

    (headers, body) = place.got[0]
    assert Webhook(secret).verify(body, headers)["type"] == "submission.received"
    assert UUID(headers["webhook-id"])


def test_after_a_rotation_both_secrets_hold_until_the_old_one_is_over(desk: Desk, place: Endpoint) -> None:
    old = added(desk, place)
    fresh = endpoints.rotate(
        old.endpoint_id, now=clock.now(), overlap_hours=24, db=desk.tools.db, sealer=desk.tools.sealer
    )

    desk.submit_avatar()
    desk.run_due(DELIVER_EVENT)

    (headers, body) = place.got[0]
    assert Webhook(old.secret).verify(body, headers) == Webhook(fresh.secret).verify(body, headers)


def test_an_event_that_was_not_taken_comes_again_and_later_ones_of_the_member_wait_for_it(
    desk: Desk, place: Endpoint
) -> None:
    added(desk, place)
    place.status = 500
    desk.submit_avatar("m-1")
    desk.inspect()
    desk.run_due(DELIVER_EVENT)
    place.status = 204
    desk.submit_avatar("m-2")
    desk.run_due(DELIVER_EVENT)
    after_failure = place.types()

    until(lambda: all_delivered(desk))

    assert after_failure == ["submission.received", "submission.received"]
    assert place.types()[2:] == ["submission.received", "submission.in_review"]
    assert only(desk).pending == 0


def test_waiting_for_an_endpoint_uses_up_no_try(desk: Desk, place: Endpoint) -> None:
    added(desk, place)
    place.status = 503
    desk.submit_avatar()

    for _ in range(10):
        desk.let_backoff_pass()
        desk.run_due(DELIVER_EVENT)

    assert [row.state for row in desk.tasks(DELIVER_EVENT)] == ["ready"]


def test_after_three_days_an_event_is_given_up_and_the_next_goes_out(desk: Desk, place: Endpoint) -> None:
    added(desk, place)
    place.status = 500
    desk.submit_avatar()
    desk.run_due(DELIVER_EVENT)
    failing_for(desk, days=3)
    with desk.tools.db.begin() as connection:
        connection.execute(update(endpoint).values(failing_since=None))

    desk.let_backoff_pass()
    desk.run_due(DELIVER_EVENT)

    assert [row.state for row in desk.rows(delivery)] == ["given_up"]


@pytest.mark.parametrize(("status", "hours", "why"), [(410, 0, "410 Gone"), (500, 24, "taken nothing since")])
def test_an_endpoint_that_fails_for_long_or_is_gone_is_paused_and_says_why(
    desk: Desk, place: Endpoint, status: int, hours: int, why: str
) -> None:
    added(desk, place)
    place.status = status
    desk.submit_avatar()
    failing_for(desk, hours=hours)

    desk.run_due(DELIVER_EVENT)

    found = only(desk)
    assert (found.state, found.pending) == ("paused", 1)
    assert found.paused_because is not None
    assert why in found.paused_because


def test_the_doctor_says_which_endpoint_is_paused_and_what_to_do(
    desk: Desk, place: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(desk, place)
    place.status = 410
    desk.submit_avatar()
    desk.run_due(DELIVER_EVENT)
    for name, value in desk.tools.settings.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))

    (check,) = [each for each in examine() if each.name == "endpoints"]

    assert not check.fine
    assert check.seen == f"{place.url} is paused (1 events wait): The endpoint answered 410 Gone."
    assert "proofdesk webhook resume" in check.advice


def test_a_resumed_endpoint_gets_all_that_came_meanwhile_in_order(desk: Desk, place: Endpoint) -> None:
    endpoint_id = added(desk, place).endpoint_id
    place.status = 410
    desk.submit_avatar()
    desk.run_due(DELIVER_EVENT)
    desk.inspect()
    place.status = 204
    place.got.clear()

    count = endpoints.resume(endpoint_id, now=clock.now(), db=desk.tools.db)
    until(lambda: all_delivered(desk))

    assert count == 2
    assert place.types() == ["submission.received", "submission.in_review"]


def test_the_list_says_since_when_the_oldest_event_waits_and_when_the_endpoint_is_tried_next(
    desk: Desk, place: Endpoint
) -> None:
    added(desk, place)
    desk.case_waiting("m-1")
    desk.sql("UPDATE webhook_delivery SET begun_at = begun_at - interval '1 hour' WHERE sequence = 1")
    oldest = min(row.begun_at for row in desk.rows(delivery))
    before = only(desk)
    place.status = 503
    for _ in range(3):
        desk.sql("UPDATE webhook_delivery SET due_at = now()")
        desk.sql("UPDATE task SET due_at = now() WHERE state = 'ready'")
        desk.run_due(DELIVER_EVENT)

    found = only(desk)

    assert (before.waiting_since, before.rests_until) == (oldest, None)
    assert found.waiting_since == oldest
    assert found.rests_until is not None
    assert len(place.got) == 3


def test_what_is_not_paused_cannot_be_resumed(desk: Desk, place: Endpoint) -> None:
    endpoint_id = added(desk, place).endpoint_id

    with pytest.raises(AlreadyThere):
        endpoints.resume(endpoint_id, now=clock.now(), db=desk.tools.db)


def test_a_replay_sends_what_was_before_the_endpoint_was_added_under_the_same_ids(desk: Desk, place: Endpoint) -> None:
    desk.submit_avatar()
    endpoint_id = added(desk, place).endpoint_id
    since = ReplayRequest(since=clock.now() - timedelta(hours=1))

    for _ in range(2):
        assert endpoints.replay(endpoint_id, since, now=clock.now(), db=desk.tools.db) == 1
        desk.run_due(DELIVER_EVENT)

    first, second = (headers["webhook-id"] for headers, _ in place.got)
    assert first == second


def test_a_removed_endpoint_gets_nothing_more(desk: Desk, place: Endpoint) -> None:
    endpoint_id = added(desk, place).endpoint_id
    desk.submit_avatar()
    endpoints.remove(endpoint_id, db=desk.tools.db)

    desk.run_due(DELIVER_EVENT)

    assert place.got == []
    assert endpoints.list_endpoints(db=desk.tools.db) == []


def test_an_undone_decision_is_never_told(desk: Desk, place: Endpoint) -> None:
    added(desk, place)
    desk.submit_avatar()
    desk.inspect()
    decided = patient(desk).approve()

    desk.undo(decided.id)
    let_window_pass(desk)
    desk.run_due()

    assert place.types() == ["submission.received", "submission.in_review"]


@pytest.mark.parametrize(
    "url", ["http://example.com/hooks", "https://user:secret@example.com/", "http://10.0.0.1/", "https:///hooks"]
)
def test_an_address_that_would_show_members_to_others_is_refused(desk: Desk, url: str) -> None:
    with pytest.raises(Invalid):
        endpoints.add(EndpointRequest(url=url), db=desk.tools.db, sealer=desk.tools.sealer)


def test_an_endpoint_that_is_not_there_is_said_so(desk: Desk) -> None:
    with pytest.raises(NotFound):
        endpoints.remove(new_id(), db=desk.tools.db)
