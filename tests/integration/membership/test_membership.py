from threading import Thread
from uuid import UUID

from pipeline.membership.tables import level_change, membership
from pipeline.tasks.rules import SEND_MAIL, UNLOCK_STAGE
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.mails import words
from tests.support.together import at_once, until


def approved(desk: Desk, stage: str, member_id: str = "m-1") -> UUID:
    submission = desk.case_waiting(member_id, kind="verification", stage=stage)
    desk.approve()
    return submission


def test_a_member_whom_nobody_has_heard_of_is_on_the_lowest_rung(api: Api) -> None:
    view = api.get("/v1/members/nobody/membership").json()

    assert (view["level"], view["rank"], view["benefits"], view["history"]) == ("registered", 0, ["browse"], [])
    assert [each["unlocked"] for each in view["stages"]] == [True, False, False, False]
    every = {"materials": 5, "tax_number": 5, "business_email": 5}
    assert [each["chances_left"] for each in view["stages"]] == [{}, every, every, {}]


def test_level_and_benefits_change_together_with_the_approval(desk: Desk) -> None:
    submission = approved(desk, "verified")
    assert desk.membership().level == "registered"

    desk.run_due(UNLOCK_STAGE)

    view = desk.membership()
    (row,) = desk.rows(membership)
    assert (view.level, view.rank) == ("verified", 1)
    assert view.benefits == ("browse", "send_inquiries", "verified_badge")
    assert (row.level, tuple(row.benefits)) == (view.level, view.benefits)
    assert [(each.name, each.state) for each in desk.submission(submission).effects] == [
        ("stage_unlocked", "done"),
        ("mail", "pending"),
    ]


def test_a_rejection_changes_no_level(desk: Desk) -> None:
    desk.case_waiting(kind="verification")
    desk.reject()

    desk.run_due()

    assert (desk.membership().level, desk.rows(membership)) == ("registered", [])


def test_the_second_stage_is_added_and_every_change_is_in_the_history(desk: Desk) -> None:
    first, second = approved(desk, "verified"), approved(desk, "trusted")

    desk.run_due()

    view = desk.membership()
    causes = [desk.submission(each).decision for each in (first, second)]
    assert view.level == "trusted"
    assert "rfq_quotation" in view.benefits
    assert [(each.from_level, each.to_level) for each in view.history] == [
        ("registered", "verified"),
        ("verified", "trusted"),
    ]
    assert [each.cause for each in view.history] == [each.id for each in causes if each]


def test_a_lower_stage_that_comes_later_does_not_lower_the_level(desk: Desk) -> None:
    approved(desk, "trusted")
    desk.run_due()

    approved(desk, "verified")
    desk.run_due()

    assert desk.membership().level == "trusted"
    assert [each.to_level for each in desk.membership().history] == ["trusted"]
    assert [each.unlocked for each in desk.membership().stages] == [True, True, True, False]


def test_two_stages_unlocked_at_once_both_count(desk: Desk) -> None:
    approved(desk, "verified")
    approved(desk, "trusted")
    tasks = desk.tasks(UNLOCK_STAGE)

    _, raised = at_once(2, lambda number: desk.perform(tasks[number].id, UNLOCK_STAGE))

    assert raised == []
    assert desk.membership().level == "trusted"
    assert {row.to_level for row in desk.rows(level_change)} >= {"trusted"}
    assert [row.version for row in desk.rows(membership)] == [1 + len(desk.rows(level_change))]


def test_two_stages_unlocked_at_the_same_moment_queue_up_for_the_level(desk: Desk) -> None:
    """The higher one has added its stage but not committed when the lower one works out the level."""
    desk.sql("""INSERT INTO membership (member_id, level, benefits) VALUES ('m-1', 'registered', '["browse"]')""")
    approved(desk, "trusted")
    approved(desk, "verified")
    higher, lower = desk.tasks(UNLOCK_STAGE)
    with desk.tools.owner.engine.connect() as gate:
        gate.exec_driver_sql("LOCK TABLE audit IN EXCLUSIVE MODE")
        first = Thread(target=desk.perform, args=(higher.id, UNLOCK_STAGE))
        first.start()
        until(lambda: desk.waiting_for_locks() == 1)
        second = Thread(target=desk.perform, args=(lower.id, UNLOCK_STAGE))
        second.start()
        until(lambda: desk.waiting_for_locks() == 2)
        gate.rollback()
    first.join()
    second.join()

    (row,) = desk.rows(membership)
    assert row.level == "trusted"
    assert [each.to_level for each in desk.rows(level_change)] == ["trusted"]


def test_a_stage_approved_twice_is_unlocked_once_and_mailed_once_and_both_are_grounds(desk: Desk) -> None:
    first, second = approved(desk, "verified"), approved(desk, "verified")

    desk.run_due()

    assert len(desk.rows(level_change)) == 1
    assert [each.state for each in desk.submission(first).effects] == ["done", "sent"]
    assert [each.state for each in desk.submission(second).effects] == ["done", "withdrawn"]


def test_an_unlocking_that_is_tried_again_changes_nothing_more(desk: Desk) -> None:
    approved(desk, "verified")
    desk.run_due()
    before = desk.membership()
    desk.sql("UPDATE task SET state = 'ready' WHERE kind = :kind", kind=UNLOCK_STAGE.name)

    desk.run_due()

    assert desk.membership() == before
    assert len(desk.tasks(SEND_MAIL)) == len(desk.mails()) == 1


def test_the_mail_of_an_approval_says_what_the_member_has_now(desk: Desk) -> None:
    approved(desk, "verified")

    desk.run_due()

    (sent,) = desk.mails()
    text = words(sent)
    assert sent["Subject"] == "You are now: Verified member"
    assert "- Sending inquiries to suppliers" in text
    assert "https://members.example.com" in text


def test_members_do_not_share_levels(desk: Desk) -> None:
    approved(desk, "verified", "m-1")

    desk.run_due()

    assert (desk.membership("m-1").level, desk.membership("m-2").level) == ("verified", "registered")


def test_the_whole_way_of_a_verification_is_in_its_history(desk: Desk) -> None:
    submission = desk.submit_verification()
    desk.inspect()
    desk.approve()
    desk.run_due()

    assert desk.history(submission) == [
        "submission.accepted",
        "submission.cleared",
        "claim.taken",
        "material.viewed",
        "submission.approved",
        "membership.stage_unlocked",
        "mail.sent",
    ]
    assert {row.correlation_id for row in desk.audited() if not row.event.startswith("claim.")} == {"trace-1"}
