"""A slip of the hand is no guess (DOMAIN \u00a79): what cannot be a code spends no try, at either place where a member types one."""

from typing import Final

import pytest

from pipeline.account.tables import email_code
from pipeline.submission.tables import business_email
from tests.support.account import Account, person
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.methods import last_code, sent

SLIPS: Final = ("12345", "1234567", "12345a", "12 34", "\u0661\u0662\u0663\u0664\u0665", "------", "1234\uff15")


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_code_for_a_business_address_spends_no_try(api: Api, desk: Desk, slip: str) -> None:
    accepted = sent(desk)

    answers = [api.post(f"/v1/submissions/{accepted.id}/code", {"code": slip}) for _ in range(2)]

    assert [each.status_code for each in answers] == [422, 422]
    assert problems(answers[0]) == [("code", "invalid_code")]
    assert "6 digits" in answers[0].json()["errors"][0]["message"]
    assert [row.tries for row in desk.rows(business_email)] == [0]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_the_code_for_the_members_own_address_spends_no_try(api: Api, desk: Desk, slip: str) -> None:
    account = Account(api, desk)
    account.put("personal-information", person())
    account.send_code()

    answer = account.post("email/confirm", {"code": slip})

    assert (answer.status_code, problems(answer)) == (422, [("code", "invalid_code")])
    assert [row.tries for row in desk.rows(email_code)] == [0]


@pytest.mark.parametrize("zero", ["0", "\uff10", "\u0660", "\u06f0", "\u0966"])
def test_the_digits_of_every_script_and_its_spaces_are_the_code(api: Api, desk: Desk, zero: str) -> None:
    accepted = sent(desk)
    typed = "".join(chr(ord(zero) + int(digit)) for digit in last_code(desk))

    answer = api.post(f"/v1/submissions/{accepted.id}/code", {"code": f"{typed[:3]} - {typed[3:]}"})

    assert answer.json()["correct"] is True


def test_slips_without_end_open_no_way_to_guess(api: Api, desk: Desk) -> None:
    accepted = sent(desk)
    code = last_code(desk)

    answers = {
        api.post(f"/v1/submissions/{accepted.id}/code", {"code": each}).status_code
        for each in (f"{code}0", f"0{code}", code[:5])
    }

    assert answers == {422}
