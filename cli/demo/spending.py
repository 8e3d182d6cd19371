"""The demo's buyer: a shop reports orders in the wrong order, in two currencies, and each event twice."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cli.demo.clients import Api
from cli.demo.mailbox import Mail

BUYER: Final = "avatar-large"
"""The key of the member who buys. Proofdesk knows their e-mail address from their avatar."""

STAGE: Final = "trusted"
SPENT: Final = "20224.00"
"""12,000 dollars at 0.8520, and 10,250 euros less 250."""

_SUBJECT: Final = "You have reached the stage"
_EVENTS: Final = (
    ("order.refunded", "o-2", "250.00", "EUR"),
    ("order.completed", "o-1", "12000.00", "USD"),
    ("order.completed", "o-2", "10250.00", "EUR"),
)


class Spending:
    """The events about one member's orders, and the expected result."""

    def __init__(self, api: Api, *, member_id: str, address: str, run: str) -> None:
        self._api, self.member_id, self._address, self._run = api, member_id, address, run
        self._differences: list[str] = []

    def send_events(self) -> None:
        """Send every event twice; a duplicate must return the first receipt."""
        receipts = [self._post(*each) for each in _EVENTS]
        unlocked = [stage for receipt in receipts for stage in receipt["spend"]["unlocked"]]
        if unlocked != [STAGE]:
            self._differences.append(f"orders unlocked {unlocked}, expected {[STAGE]}")

    def has_mail(self, mails: Sequence[Mail]) -> bool:
        """Whether the mail about the unlocked stage has arrived."""
        return bool(self._mails_about_stage(mails))

    def differences(self, membership: Mapping[str, Any], mails: Sequence[Mail]) -> Iterator[str]:
        """What differs in the sum, the cause of the level, and the one mail; a sentence each."""
        yield from self._differences
        spent = membership["spent"]["amount"]
        if spent != SPENT:
            yield f"orders come to {spent}, expected {SPENT}"
        causes = [(change["to_level"], change["because"], change["source_id"]) for change in membership["history"]]
        last = f"{self._run}.2"
        if causes != [(STAGE, "spend", last)]:
            yield f"changes of level by {causes}, expected one by the event {last}"
        if (number := len(self._mails_about_stage(mails))) != 1:
            yield f"{number} mails about the stage, expected 1"

    def _post(self, kind: str, order: str, amount: str, currency: str) -> Any:
        number = [event[:2] for event in _EVENTS].index((kind, order))
        body = {
            "type": kind,
            "source": "demo-shop",
            "id": f"{self._run}.{number}",
            "member_id": self.member_id,
            "occurred_at": f"2026-03-0{number + 1}T12:00:00Z",
            "order": {"id": f"{order}.{self._run}", "amount": amount, "currency": currency},
        }
        first, again = (self._api.post("/v1/events", body).raise_for_status().json() for _ in range(2))
        if first != again:
            self._differences.append(f"the duplicate of {body['id']} returned another receipt: {first} / {again}")
        return first

    def _mails_about_stage(self, mails: Sequence[Mail]) -> Sequence[Mail]:
        return [mail for mail in mails if mail.recipient == self._address and mail.subject.startswith(_SUBJECT)]
