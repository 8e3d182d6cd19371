"""A member who used everything is erased, and then looked for in everything that keeps something."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.access.rules.scopes import Scope
from pipeline.access.staff.rules.roles import Role
from pipeline.inspection import originals
from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.kernel.rules.digests import member_digest
from pipeline.submission.tables import rendition, submission
from pipeline.tasks.rules import INSPECT
from pipeline.workflows.erasure.receipts import is_genuine
from schemas.erasure import SignedReceipt
from tests.support.bodies import avatar_body, member
from tests.support.command import command
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.files import digest
from tests.support.http import Api
from tests.support.marked import MARK, MarkedMember, finds
from tests.support.methods import email_body, number_body
from tests.support.people import signed_in
from tests.support.services import Service
from tests.support.sessions import Session
from tests.support.spend import completed

ID = "m-77.zq"


class Neighbour:
    """Another member, with the same file, the same address and the same reviewers."""

    def __init__(self, desk: Desk, api: Api, marked: MarkedMember) -> None:
        self.desk, self.api, self.id = desk, api, "m-2"
        self.shown = desk.accept(avatar_body(desk.upload(marked.files[0]), member_id=self.id)).id
        desk.inspect()
        desk.approve()
        desk.run_due()
        self.original: str = desk.sql("SELECT upload_key FROM material WHERE submission_id = :id", id=self.shown)[0][0]
        self.waiting = desk.accept(number_body("NL", "004495445B01", member_id=self.id)).id
        desk.run_due()

    def seen(self) -> Mapping[str, Any]:
        """All that there is of them."""
        storage = self.desk.tools.storage
        ids = (str(self.shown), str(self.waiting))
        buckets = (storage.vault, storage.public)
        keys = [
            (bucket, key) for bucket in buckets for key in self.desk.keys(bucket) if any(each in key for each in ids)
        ]
        return {
            "submissions": self.api.get("/v1/submissions", member_id=self.id, view="full").json(),
            "avatar": self.api.get(f"/v1/members/{self.id}/avatar").json(),
            "membership": self.api.get(f"/v1/members/{self.id}/membership").json(),
            "objects": {key: digest(storage.read(bucket, key) or b"") for bucket, key in keys},
            "rows": self.desk.sql("SELECT member, form FROM submission WHERE member_id = :id ORDER BY id", id=self.id),
            "numbers": self.desk.sql("SELECT * FROM tax_number WHERE member_id = :id", id=self.id),
            "fingerprints": self.desk.sql("SELECT * FROM fingerprint WHERE member_id = :id", id=self.id),
            "mails": [str(each) for each in self.desk.mails() if str(each["To"]) == member()["email"]],
            "related": self.desk.sql("SELECT id FROM reviewer WHERE :id = ANY (related_members)", id=self.id),
        }


def test_nothing_of_an_erased_member_is_left_anywhere_and_a_neighbour_keeps_all(
    desk: Desk, api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    marked, eraser = MarkedMember(desk, api, ID), Eraser(desk, api)
    marked.use_everything()
    neighbour = Neighbour(desk, api, marked)
    before, theirs = finds(desk, marked.traces()), neighbour.seen()
    assert len({place.partition("/")[0] for place in before}) > 25, before

    eraser.erase(ID)
    eraser.to_the_end()

    assert finds(desk, marked.traces(shared=1)) == {f"uploads/{neighbour.original}"}
    assert finds(desk, [ID.encode()]) <= {"event.member_id", "event.data", "webhook_delivery.member_id"}
    assert neighbour.seen() == theirs
    written = capfd.readouterr()
    assert MARK not in (written.out + written.err).lower()


def test_from_the_request_on_a_member_is_on_no_page_and_in_no_answer(desk: Desk, api: Api) -> None:
    eraser, session = Eraser(desk, api), Session(api)
    shown = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.run_due()
    picture = str(desk.avatar().large_url).replace("https://cdn.example.com", "/public")
    assert api.get(picture).is_success
    waiting = desk.case_waiting(kind="verification")
    held = desk.claimed()
    asking = desk.accept(email_body(stage="trusted")).id
    admin = signed_in(desk.tools, "boss", roles=(Role.ADMIN, Role.REVIEWER))

    seen = eraser.erase()

    assert (seen["state"], seen["finished_at"]) == ("hidden", None)
    for submission_id in (shown, waiting, asking):
        assert api.get(f"/v1/submissions/{submission_id}").status_code == 404
        assert "Nothing is known by" in admin.get(f"/console/find?q={submission_id}").text
    assert api.get("/v1/submissions", member_id="m-1").json()["items"] == []
    assert api.get("/v1/events", member_id="m-1").json()["items"] == []
    assert api.get("/v1/members/m-1/avatar").json()["large_url"] is None
    assert api.get(picture).status_code == 404
    assert session.get("/v1/session").status_code == 401
    assert api.get(f"/v1/review/claims/{held.id}").status_code in {401, 403, 404, 409}
    states = desk.sql("SELECT DISTINCT state FROM submission WHERE id = ANY (:ids)", ids=[waiting, asking])
    assert states == [("withdrawn",)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/submissions", avatar_body()),
        ("/v1/events", completed()),
        ("/v1/sessions", {"member_id": "m-1", "member": member()}),
        ("/v1/members/m-1/points/redemptions", {"item": "rfq_quotation_right", "quantity": 1}),
    ],
)
def test_until_it_has_finished_nothing_is_taken_for_the_member(desk: Desk, api: Api, path: str, body: object) -> None:
    Eraser(desk, api).erase()

    answer = api.post(path, body)

    assert (answer.status_code, answer.json()["code"]) == (409, "member_erased")


def test_a_message_for_the_member_is_dropped_and_not_kept(desk: Desk, api: Api) -> None:
    Eraser(desk, api).erase()

    message = QueueMessage(avatar_body(), "k", "t")
    assert accept_message(message, now=clock.now(), context=desk.tools.intake) is None

    assert desk.parked() == []


def test_afterwards_the_id_is_a_new_members_and_old_events_are_not_counted_again(desk: Desk, api: Api) -> None:
    eraser = Eraser(desk, api)
    assert api.post("/v1/events", completed(amount="30000.00")).is_success
    assert desk.membership().level == "trusted"
    eraser.erase()
    eraser.to_the_end()

    again = api.post("/v1/events", completed(amount="30000.00"))
    fresh = desk.submit_avatar()

    assert (again.status_code, again.json()["code"]) == (409, "member_erased")
    assert desk.membership().level == "registered"
    assert desk.state(fresh) == "received"


def test_counts_stay_right_without_the_member(desk: Desk, api: Api) -> None:
    """A level, a rejection and a chance of somebody who is gone are still counted, under no name."""
    desk.case_waiting(kind="verification")
    desk.approve()
    desk.case_waiting(kind="verification", stage="trusted")
    desk.reject()
    desk.run_due()
    counted = (
        "SELECT state, verdict, chance, stage FROM submission JOIN decision ON submission_id = submission.id ORDER BY 1"
    )
    levels = "SELECT level, count(*) FROM membership GROUP BY level"
    before = (desk.sql(counted), desk.sql(levels))
    eraser = Eraser(desk, api)

    eraser.erase()
    eraser.to_the_end()

    assert (desk.sql(counted), desk.sql(levels)) == before
    (row, _) = desk.rows(submission)
    assert row.member_id.startswith("erased/")
    assert row.member == {"name": "", "email": "", "locale": "en"}


def test_the_receipt_says_what_was_erased_and_nobody_can_change_it(desk: Desk, api: Api) -> None:
    eraser = Eraser(desk, api)
    desk.submit_avatar()
    desk.inspect()
    eraser.erase()
    eraser.to_the_end()
    given = SignedReceipt.model_validate(eraser.progress()["receipt"])
    assert desk.tools.signer is not None
    public = desk.tools.signer.public

    changed = given.model_copy(update={"receipt": given.receipt.model_copy(update={"objects": {}})})

    assert given.receipt.member == member_digest("m-1")
    assert given.receipt.objects == {"uploads": 2, "vault": 2}  # the upload and the copy that was inspected
    assert (given.receipt.rows["submission"], given.receipt.rows["rendition"]) == (1, 2)
    assert is_genuine(given, public=public)
    assert not is_genuine(given.model_copy(update={"signature": "no base64"}), public=public)
    assert not is_genuine(changed, public=public)
    assert not is_genuine(given, public=bytes(32))


def test_services_are_told_once_and_by_nothing_else(desk: Desk, api: Api) -> None:
    eraser = Eraser(desk, api)
    desk.submit_avatar()

    eraser.erase()
    eraser.erase()
    eraser.to_the_end()

    (told,) = api.get("/v1/events", member_id="m-1").json()["items"]
    assert told["type"] == "member.erased"
    assert told["data"]["erasure_id"] == eraser.progress()["erasure_id"]


def test_a_worker_that_was_busy_with_a_task_of_the_member_leaves_nothing(desk: Desk, api: Api) -> None:
    """It goes on after the request: what it writes into the store is found, and what it writes into the database is refused."""
    eraser = Eraser(desk, api)
    desk.submit_avatar()
    busy = desk.tools.ledger.claim(INSPECT, str(desk.only_task(INSPECT).id))
    assert busy is not None
    storage = desk.tools.storage

    eraser.erase()
    desk.run_due()
    storage.put_upload(f"{originals.PREFIX}{busy.ref_id}/late/1", b"late", media_type="image/jpeg")
    storage.put_vault(f"{busy.ref_id}/late/1/large-1.jpg", b"late", media_type="image/jpeg")
    storage.put_public(f"avatars/{busy.ref_id}/large.jpg", b"late", media_type="image/jpeg")
    desk.finish_late(busy, tools=desk.tools)
    assert eraser.progress()["state"] == "hidden"
    eraser.let_links_end()
    desk.run_due()

    assert eraser.progress()["state"] == "finished"
    assert [desk.keys(each) for each in (storage.uploads, storage.vault, storage.public)] == [[], [], []]
    assert desk.rows(rendition) == []


def test_a_service_erases_its_own_members_and_nobody_else_does(api: Api, desk: Desk) -> None:
    owner, reader = Service(api), Service(api, Scope.MEMBERS_READ_ALL)
    assert owner.submit(avatar_body(member_id="m-1")).status_code == 202

    refused = [
        api.call("DELETE", "/v1/members/m-1", key=key).status_code
        for key in (None, api.review_key, reader.key, Service(api).key)
    ]

    assert refused == [401, 403, 403, 404]
    assert Session(api).call("DELETE", "/v1/members/m-1").status_code == 403
    assert desk.sql("SELECT 1 FROM erasure") == []
    assert owner.call("DELETE", "/v1/members/m-1").status_code == 202


def test_the_service_that_asked_sees_its_erasure_to_the_end_and_no_other_service_does(api: Api, desk: Desk) -> None:
    owner, other, path = Service(api), Service(api), "/v1/members/m-1/erasure"
    assert owner.submit(avatar_body(member_id="m-1")).status_code == 202
    assert owner.get(path).status_code == 404
    owner.call("DELETE", "/v1/members/m-1")
    under_way, not_theirs = owner.get(path), other.get(path)
    assert (under_way.json()["state"], not_theirs.status_code) == ("hidden", 404)
    assert other.submit(avatar_body(member_id="m-1")).status_code == 404  # until the end the member is its service's

    Eraser(desk, api).to_the_end()

    seen = owner.get(path).json()
    assert (seen["state"], seen["receipt"]["receipt"]["rows"]["ownership"]) == ("finished", 1)
    assert [each["type"] for each in owner.get("/v1/events", member_id="m-1").json()["items"]] == ["member.erased"]
    assert desk.sql("SELECT 1 FROM ownership WHERE name = 'm-1'") == []
    assert other.submit(avatar_body(member_id="m-1")).status_code == 202  # afterwards the id is a new member's
    assert other.get(path).status_code == 404
    assert owner.get(path).json()["state"] == "finished"
    assert owner.get("/v1/members/m-1/membership").status_code == 404


def test_the_console_erases_who_was_typed_twice(desk: Desk) -> None:
    admin = signed_in(desk.tools, "boss", roles=(Role.ADMIN,))
    desk.submit_avatar()

    once = admin.post("/console/erasure", member="m-1", again="m-2")
    twice = admin.post("/console/erasure", member="m-1", again="m-1")

    assert (once.status_code, twice.status_code) == (422, 303)
    assert "on no page any more" in admin.get(twice.headers["location"]).text
    assert desk.sql("SELECT asked_by FROM erasure") == [("boss",)]


def test_the_command_line_erases_and_checks_the_receipt(
    desk: Desk, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.submit_avatar()
    receipt, run = tmp_path / "receipt.json", command(desk.tools, monkeypatch)

    asked = run("member", "erase", "m-1", "--as", "boss", "--yes", "--json")
    Eraser(desk, api).to_the_end()
    shown = run("member", "erasure", "m-1", "--receipt", str(receipt))
    genuine = run("member", "verify-receipt", str(receipt))
    receipt.write_text(receipt.read_text().replace('"uploads": 1', '"uploads": 2'))
    changed = run("member", "verify-receipt", str(receipt))

    assert [each.exit_code for each in (asked, shown, genuine, changed)] == [0, 0, 0, 1]
