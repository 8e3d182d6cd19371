"""The broker is away; what was accepted goes on."""

from config.container import Container
from pipeline.kernel.ids import new_id
from pipeline.tasks import ledger
from pipeline.tasks.rules import SEND_MAIL
from tests.support.desk import Desk
from tests.support.faults import without_broker
from tests.support.servers import variant
from tests.support.together import until
from workers.fallback import Fallback


def test_while_the_broker_is_away_a_worker_takes_due_work_from_the_ledger(tools: Container) -> None:
    with without_broker(tools) as cut_off:
        desk = Desk(cut_off)
        submission = desk.submit_avatar()
        fallback = Fallback(cut_off, queues=())
        fallback.start()

        until(lambda: desk.submission(submission).state == "in_review")
        fallback.stop()

    assert Desk(tools).submission(submission).state == "in_review"


def test_while_the_broker_takes_work_the_fallback_leaves_the_work_to_hints(desk: Desk, tools: Container) -> None:
    submission = desk.submit_avatar()
    fallback = Fallback(tools, queues=())

    takes_work = fallback._broker_takes_work()  # noqa: SLF001  (what it decides by; waiting for nothing to happen proves nothing)

    assert takes_work
    assert desk.submission(submission).state == "received"


def test_a_worker_for_some_queues_takes_only_their_work(desk: Desk, tools: Container) -> None:
    submission = desk.submit_avatar()
    fallback = Fallback(tools, queues=("notification",))

    due = fallback.do_due()

    assert due == 0
    assert desk.submission(submission).state == "received"


def test_each_kind_gets_its_share_though_more_of_another_wait_that_go_first(tools: Container) -> None:
    with without_broker(variant(tools, worker_threads=2)) as cut_off:
        desk = Desk(cut_off)
        submission = desk.submit_avatar()
        with cut_off.db.begin() as connection:
            for _ in range(3):
                ledger.record(connection, SEND_MAIL, new_id(), trace="t")

        done = Fallback(cut_off, queues=()).do_due()

        assert done == 2
        assert desk.state(submission) == "in_review"
