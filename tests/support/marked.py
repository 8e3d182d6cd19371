"""A member who used everything, with a marker in every field and file, and a search for it in everything that keeps something."""

import io
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from PIL import Image

from pipeline.access.staff.reviewers import add_reviewer
from pipeline.access.staff.rules.roles import Role
from pipeline.events.webhooks import endpoints
from pipeline.inspection.blacken import blackened
from pipeline.intake.parked import QueueMessage, accept_message, park_bytes
from pipeline.kernel import clock
from pipeline.notification.suppression import suppress
from pipeline.review.cases.redaction import redact
from pipeline.review.claims.service import release
from pipeline.review.quality.golden import mark
from schemas.decisions import Redaction
from schemas.events import EndpointRequest
from schemas.quality import GoldenRequest
from tests.support.account import Account
from tests.support.bodies import FACTS, avatar_body, verification_body
from tests.support.colleagues import careful, handed, passed_up, people, taken_up
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api
from tests.support.methods import email_body, number_body
from tests.support.quality import blind, checking
from tests.support.servers import kept_keys, mail_folder
from tests.support.sessions import Session
from tests.support.spend import Spending, completed, refunded

MARK = "zqxmarker"
ADDRESS = f"{MARK}@{MARK}.example.com"
BUSINESS = f"{MARK}@office-{MARK}.example.com"
TAX_NUMBER = "136695976"
PHONE = "+4915198765432"
IMAGE_DESCRIPTION = 0x010E
BOX = {"x": 100, "y": 100, "w": 400, "h": 300}


def picture(seed: int) -> bytes:
    """A photo with the marker in its EXIF and in a comment."""
    exif = Image.Exif()
    exif[IMAGE_DESCRIPTION] = f"{MARK} exif"
    out = io.BytesIO()
    Image.open(io.BytesIO(photo(seed=seed))).save(out, "JPEG", exif=exif, comment=f"{MARK} comment", quality=95)
    return out.getvalue()


def profile() -> dict[str, Any]:
    said = {name: f"{MARK} {name}" for name in ("name", "age_band", "identity")}
    return {**said, "email": ADDRESS, "locale": "es-MX", "timezone": "Europe/Madrid"}


class MarkedMember:
    """Everything that can be done for, by and about one member, as services, the member and reviewers do it."""

    def __init__(self, desk: Desk, api: Api, member_id: str = "m-1") -> None:
        self.desk, self.api, self.id = desk, api, member_id
        self.account = Account(api, desk, member_id)
        self.files = [picture(number) for number in range(4)]

    def use_everything(self) -> None:
        people(self.desk, "r-2", "r-3")
        people(self.desk, "s-1", "s-2", roles=(Role.SENIOR,))
        add_reviewer("r-9", related_members=[self.id, "m-2"], db=self.desk.tools.db)
        endpoints.add(
            EndpointRequest(url="https://hooks.proofdesk.invalid/take", types=("submission.received",)),
            db=self.desk.tools.db,
            sealer=self.desk.tools.sealer,
        )
        self.fill_in_the_account()
        self.show_an_avatar()
        self.verify_in_every_way()
        self.meet_every_reviewer()
        self.earn_and_spend()
        self.leave_broken_messages()
        self.desk.run_due()

    def fill_in_the_account(self) -> None:
        put = self.account.put
        personal = {"name": f"{MARK} name", "email": ADDRESS, "phone": PHONE, "country": "DE", "gender": "other"}
        assert put("personal-information", personal).is_success
        self.account.confirm()
        card = {"name": f"{MARK} card", "company_name": f"{MARK} company", "phone": PHONE}
        assert put("business-card", card).is_success
        assert put(
            "procurement-information", {"industries": ["toys"], "preferences": [MARK], "frequency": "monthly"}
        ).is_success
        assert put("company-information", {"name": f"{MARK} company", "country": "de", "size": "11-50"}).is_success
        assert put("privacy", {"personal_information": "everyone", "procurement_information": "everyone"}).is_success
        assert put("personal-information", {**personal, "name": f"{MARK} again"}, seen=1).is_success
        self.account.leave("notifications")

    def show_an_avatar(self) -> None:
        self.session = Session(self.api, self.id, **profile())
        key = self.session.uploaded(self.files[0])
        body = self.session.avatar(key)
        body["file"]["filename"] = f"{MARK}.jpg"
        assert self.session.post("/v1/submissions", body).is_success
        self.desk.inspect()
        self.desk.approve(message=f"{MARK} message", note=f"{MARK} note")
        self.desk.run_due()
        assert self.session.uploaded(picture(9), once="unused")

    def verify_in_every_way(self) -> None:
        desk = self.desk
        desk.accept(self._materials(1))
        desk.inspect()
        held = desk.claimed("r-1")
        desk.decide(held, self._with_facts(held))
        desk.accept(self._materials(2, stage="trusted"))
        desk.inspect()
        desk.reject(message=f"{MARK} message", note=f"{MARK} note")
        desk.accept({**number_body(number=f"DE {TAX_NUMBER}", member_id=self.id, stage="trusted"), "member": profile()})
        desk.accept({**email_body(BUSINESS, member_id=self.id, stage="trusted"), "member": profile()})
        desk.run_due()

    def meet_every_reviewer(self) -> None:
        """Skipped, handed over, passed up, blackened, half decided, looked at blind, and made a golden case."""
        desk, context = self.desk, self.desk.tools.review
        desk.accept(self._materials(3, stage="trusted"))
        desk.inspect()
        for _ in desk.sql("SELECT id FROM submission WHERE state = 'in_review'"):
            self._review()
        blind_desk = checking(desk)
        decided = desk.accept(self._avatar(2)).id
        blind_desk.inspect()
        blind_desk.approve(blind_desk.claimed("r-1"))
        blind_desk.run_due()
        desk.accept(self._avatar(3))
        desk.inspect()
        looked = blind(blind_desk, "r-2")
        blind_desk.decide(looked, blind_desk.request(looked, "reject", note=f"{MARK} blind", message=f"{MARK} blind"))
        mark(GoldenRequest(submission_id=decided, verdict="approve", note=f"{MARK} golden"), by="s-1", context=context)
        two = careful(desk, "avatar")
        first = two.claimed("r-1")
        two.decide(first, two.request(first, "reject", note=f"{MARK} opinion", message=f"{MARK} opinion"))

    def _review(self) -> None:
        desk, context = self.desk, self.desk.tools.review
        held = desk.claimed("r-2")
        release(held.id, held.token, reviewer_id="r-2", context=context, skip_reason=f"{MARK} skip")
        held = desk.claimed("r-1")
        handed(desk, held, "r-3", f"{MARK} handed")
        offered = desk.sql("SELECT id FROM claim WHERE submission_id = :id AND state = 'live'", id=held.submission_id)
        taken = taken_up(desk, offered[0].id, "r-3")
        self._blacken(taken)
        passed_up(desk, taken, f"{MARK} escalated")

    def _blacken(self, held: Any) -> None:
        pages = [each for each in self.desk.case(held).materials if each.pages]
        for each in pages:
            said = {"token": held.token, "material_id": each.id, "page": 1, "boxes": [BOX]}
            command = Redaction.model_validate(said)
            redact(held.id, command, reviewer_id=held.reviewer, context=self.desk.tools.review, burn=blackened)

    def earn_and_spend(self) -> None:
        spending, tools = Spending(self.desk), self.desk.tools
        spending.receive(completed("o-1", "30000.00", member_id=self.id))
        spending.receive(refunded("o-1", "29000.00", member_id=self.id))
        earned = {
            "type": "rfq_quoted",
            "source": "rfq",
            "id": "q-1",
            "member_id": self.id,
            "occurred_at": "2026-03-02T10:00:00Z",
        }
        assert self.api.post("/v1/events", earned).is_success
        administer, path = self.account.administer, f"/v1/members/{self.id}"
        assert administer(
            f"{path}/points/corrections", {"points": 500, "reason": f"{MARK} points"}, once="c1"
        ).is_success
        redeemed = {"item": "rfq_quotation_right", "quantity": 1}
        assert self.api.post(f"{path}/points/redemptions", redeemed).is_success
        gone = {"stage": "verified", "unlocked": False, "because": "mistake", "reason": f"{MARK} corrected"}
        assert administer(f"{path}/membership/corrections", gone, once="c2").is_success
        self.desk.run_due()
        suppress((ADDRESS,), reason="bounce", source="test", db=tools.db)

    def leave_broken_messages(self) -> None:
        broken = {**self._avatar(0), "kind": "portrait", "member": {**profile(), "nickname": MARK}}
        message = QueueMessage(broken, "broken-1", "trace-9")
        assert accept_message(message, now=clock.now(), context=self.desk.tools.intake) is None
        park_bytes(f'{{"member_id": "{self.id}", "name": "{MARK}"'.encode(), reason="not JSON", db=self.desk.tools.db)

    def _avatar(self, number: int) -> dict[str, Any]:
        key = self.desk.upload(self.files[number])
        return {**avatar_body(key, member_id=self.id, filename=f"{MARK}.jpg"), "member": profile()}

    def _materials(self, number: int, *, stage: str = "verified") -> dict[str, Any]:
        key = self.desk.upload(self.files[number])
        body = verification_body({"bank_statement": key}, member_id=self.id, stage=stage)
        body["materials"][0]["file"]["filename"] = f"{MARK}.jpg"
        return {**body, "member": profile(), "form": {"company_name": f"{MARK} form"}}

    def _with_facts(self, held: Any) -> Any:
        request = self.desk.request(held, "approve", message=f"{MARK} message", note=f"{MARK} note")
        answers = [
            each.model_copy(
                update={
                    "facts": {
                        name: MARK if FACTS[name] == "Blue Door Ltd" else value for name, value in each.facts.items()
                    }
                }
            )
            for each in request.materials
        ]
        return request.model_copy(update={"materials": tuple(answers)})

    def traces(self, *, shared: int = 0) -> list[bytes]:
        """What may be found nowhere: the marker, and what tells the member's files apart from any other; the first `shared` of them do not."""
        digests = [sha256(each).hexdigest() for each in self.files[shared:]]
        return [word.encode() for word in (MARK, TAX_NUMBER, PHONE, *digests)]


def finds(desk: Desk, traces: list[bytes]) -> set[str]:
    """Where any of these is, in words: a column, an object, a mail, a key of the broker."""
    return {place for place, content in _everything(desk) if any(trace.lower() in content for trace in traces)}


def _everything(desk: Desk) -> Iterator[tuple[str, bytes]]:
    """All that anything keeps, in small letters; it knows no table by name."""
    yield from _columns(desk)
    yield from _objects(desk)
    for path in mail_folder(desk.tools).iterdir():
        yield "mail folder", path.read_bytes().lower()
    client: Any = desk.tools.broker.client
    for name in client.keys("*"):
        yield f"broker {name.decode()}", bytes(client.dump(name)).lower() + name.lower()


def _columns(desk: Desk) -> Iterator[tuple[str, bytes]]:
    """Every column of every table but of the copies that the crash tests keep. What is binary is read as its bytes and as their hexadecimal digits."""
    listed = (
        "SELECT c.table_schema, c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema', 'kept')"
    )
    for row in desk.sql(listed):
        schema, table, column, kind = row.table_schema, row.table_name, row.column_name, row.data_type
        written = (
            f"encode(\"{column}\", 'hex') || encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        )
        values = desk.sql(f'SELECT {written} FROM "{schema}"."{table}" WHERE "{column}" IS NOT NULL')  # noqa: S608  (names of our tables)
        yield f"{table}.{column}", "\n".join(value for (value,) in values).lower().encode()


def _objects(desk: Desk) -> Iterator[tuple[str, bytes]]:
    storage = desk.tools.storage
    for bucket in (storage.uploads, storage.vault, storage.public):
        for key in kept_keys(desk.tools, bucket):
            yield f"{bucket}/{key}", (storage.read(bucket, key) or b"").lower() + key.lower().encode()
