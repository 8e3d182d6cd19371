from threading import Thread
from uuid import UUID

import pytest

from pipeline.tasks.rules import INSPECT, PUBLISH_AVATAR, REMOVE_AVATAR, SEND_MAIL
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.together import at_once, until


def public_keys(desk: Desk) -> list[str]:
    return desk.keys(desk.tools.storage.public)


def approved_pair(desk: Desk) -> tuple[UUID, UUID]:
    """Two approvals of one member whose effects have not run: the older submission and the newer one."""
    older = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    newer = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    return older, newer


def publish(desk: Desk, submission: UUID) -> None:
    decision = desk.submission(submission).decision
    assert decision is not None
    (row,) = [each for each in desk.tasks(PUBLISH_AVATAR) if each.ref_id == str(decision.id)]
    desk.perform(row.id, PUBLISH_AVATAR)


@pytest.mark.parametrize("inspected", [False, True], ids=["received", "in_review"])
def test_a_second_upload_closes_the_first_which_is_never_shown_nor_mailed(desk: Desk, *, inspected: bool) -> None:
    first = desk.submit_avatar()
    desk.run_due(INSPECT if inspected else REMOVE_AVATAR)

    second = desk.accept(avatar_body(desk.upload(photo())))

    assert second.superseded == (first,)
    closed = desk.submission(first)
    assert (closed.state, closed.superseded_by) == ("superseded", second.id)
    desk.run_due()
    assert desk.state(second.id) == "in_review"
    assert (desk.tasks(SEND_MAIL), desk.mails()) == ([], [])


def test_avatars_sent_at_once_leave_exactly_one_open(desk: Desk) -> None:
    accepted, raised = at_once(12, lambda _: desk.accept(avatar_body()).id)

    assert raised == []
    assert sorted(map(desk.state, accepted)) == ["received"] + ["superseded"] * 11


def test_avatars_of_many_members_at_once_do_not_close_each_other(desk: Desk) -> None:
    accepted, raised = at_once(12, lambda number: desk.accept(avatar_body(member_id=f"m-{number}")).id)

    assert raised == []
    assert set(map(desk.state, accepted)) == {"received"}


def test_an_older_approval_that_is_published_late_is_not_shown(desk: Desk) -> None:
    older, newer = approved_pair(desk)
    publish(desk, newer)

    publish(desk, older)
    desk.run_due()

    assert desk.avatar().submission_id == newer
    assert {key.split("/")[1] for key in public_keys(desk)} == {str(newer)}
    assert "avatar.outdated" in desk.history(older)


def test_a_newer_approval_replaces_the_older_one(desk: Desk) -> None:
    older, newer = approved_pair(desk)
    publish(desk, older)

    publish(desk, newer)
    desk.run_due()

    assert desk.avatar().submission_id == newer
    assert {key.split("/")[1] for key in public_keys(desk)} == {str(newer)}


def test_two_first_publications_at_the_same_moment_leave_one_picture(desk: Desk) -> None:
    """The older one has written its row but not committed when the newer one looks for a row."""
    older, newer = approved_pair(desk)
    with desk.tools.owner.engine.connect() as gate:
        gate.exec_driver_sql("LOCK TABLE audit IN EXCLUSIVE MODE")
        first = Thread(target=publish, args=(desk, older))
        first.start()
        until(lambda: desk.waiting_for_locks() == 1)
        second = Thread(target=publish, args=(desk, newer))
        second.start()
        until(lambda: desk.waiting_for_locks() == 2)
        gate.rollback()
    first.join()
    second.join()

    desk.run_due()

    assert desk.avatar().submission_id == newer
    assert {key.split("/")[1] for key in public_keys(desk)} == {str(newer)}
