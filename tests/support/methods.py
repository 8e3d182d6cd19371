"""Submissions by the methods that need no file, and the codes that arrive for them."""

import re
from typing import Any

from config.container import Container
from pipeline.tasks.rules import JUDGE_NUMBER, SEND_CODE
from pipeline.verification.business_email import confirm
from schemas.codes import CodeAnswer
from schemas.submissions import Accepted
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.mails import words
from tests.support.servers import variant

GERMAN = ("DE", "136695976")
"""The example of python-stdnum's documentation."""
GERMAN_WRONG = ("DE", "136695978")
ADDRESS = "ada@bluedoor.example.com"


def number_body(country: str = "DE", number: str = "DE 136 695 976", **more: Any) -> dict[str, Any]:
    body = verification_body(**more)
    del body["materials"]
    return {**body, "method": "tax_number", "tax_number": {"country": country, "number": number}}


def email_body(address: str = ADDRESS, **more: Any) -> dict[str, Any]:
    body = verification_body(**more)
    del body["materials"]
    return {**body, "method": "business_email", "business_email": address}


def judged(desk: Desk, country: str = "DE", number: str = "136695976", **more: Any) -> Accepted:
    """A tax number that was accepted and judged."""
    accepted = desk.accept(number_body(country, number, **more))
    desk.run_due(JUDGE_NUMBER)
    return accepted


def sent(desk: Desk, address: str = ADDRESS, **more: Any) -> Accepted:
    """A business address to which a code was sent."""
    accepted = desk.accept(email_body(address, **more))
    desk.run_due(SEND_CODE)
    return accepted


def last_code(desk: Desk, address: str = ADDRESS) -> str:
    """The code in the latest mail to that address."""
    arrived = [mail for mail in desk.mails() if mail["To"] == address]
    found = re.search(r"\b[0-9]{6}\b", words(arrived[-1]))
    assert found is not None
    return found[0]


def another(code: str) -> str:
    """A code that is not that one."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def answer(desk: Desk, submission: Accepted, code: str) -> CodeAnswer:
    return confirm(submission.id, code, db=desk.tools.db, policy=desk.tools.policy, freeze_mail=desk.tools.freeze_mail)


def automatic(tools: Container) -> Container:
    """The same clients under a policy by which a right tax number needs no person."""
    numbers = tools.policy.tax_number.model_copy(update={"approve": "automatic"})
    return variant(tools, policy=tools.policy.model_copy(update={"tax_number": numbers}))
