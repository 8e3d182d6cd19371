import pytest

from pipeline.kernel.errors import AttemptsExhausted, StageAlreadyUnlocked
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.mails import words
from tests.support.together import at_once


def chances_left(desk: Desk, stage: str = "verified", member_id: str = "m-1") -> int:
    (rung,) = [each for each in desk.membership(member_id).stages if each.stage == stage]
    return rung.chances_left["materials"]


def use(desk: Desk, count: int, *, stage: str = "verified") -> None:
    """Submissions that a person judged."""
    for _ in range(count):
        desk.case_waiting(kind="verification", stage=stage)
        desk.reject()


def test_each_submission_is_told_which_chance_it_takes_and_how_many_are_left(desk: Desk) -> None:
    use(desk, 3)

    accepted = desk.accept(verification_body())

    assert (accepted.chance, accepted.chances_left) == (4, 1)
    assert chances_left(desk) == 1


def test_the_sixth_is_refused_with_what_was_used_and_the_limit(desk: Desk, api: Api) -> None:
    use(desk, 5)

    response = api.submit(verification_body())

    assert response.status_code == 409
    assert response.json()["code"] == "attempts_exhausted"
    assert (response.json()["used"], response.json()["limit"]) == (5, 5)
    assert api.get("/v1/submissions").json()["items"][0]["state"] == "rejected"


def test_another_stage_and_another_member_have_chances_of_their_own(desk: Desk) -> None:
    use(desk, 5)

    other_stage = desk.accept(verification_body(stage="trusted"))
    other_member = desk.accept(verification_body(member_id="m-2"))

    assert (other_stage.chance, other_member.chance) == (1, 1)


def test_what_inspection_refuses_gives_the_chance_back(desk: Desk) -> None:
    refused = desk.submit_verification(body=b"not a picture at all")
    held = chances_left(desk)

    desk.inspect()

    assert held == 4
    assert desk.state(refused) == "refused"
    assert chances_left(desk) == 5
    assert desk.accept(verification_body()).chance == 1


def test_what_the_member_withdraws_gives_the_chance_back(desk: Desk, api: Api) -> None:
    use(desk, 4)
    last = desk.accept(verification_body())

    withdrawn = api.post(f"/v1/submissions/{last.id}/withdraw")

    assert withdrawn.status_code == 200
    assert withdrawn.json()["state"] == "withdrawn"
    assert desk.accept(verification_body()).chance == 5


def test_a_chance_that_came_back_is_given_out_once(desk: Desk, api: Api) -> None:
    use(desk, 1)
    second = desk.accept(verification_body())
    desk.clear(desk.accept(verification_body()).id)
    api.post(f"/v1/submissions/{second.id}/withdraw")

    chances = [desk.accept(verification_body()).chance for _ in range(3)]

    assert chances == [2, 4, 5]
    with pytest.raises(AttemptsExhausted):
        desk.accept(verification_body())


def test_twenty_submissions_at_once_take_exactly_five_chances(desk: Desk) -> None:
    accepted, refused = at_once(20, lambda _: desk.accept(verification_body()))

    assert sorted(each.chance or 0 for each in accepted) == [1, 2, 3, 4, 5]
    assert {type(error) for error in refused} == {AttemptsExhausted}
    assert len(refused) == 15


def test_twenty_requests_at_once_take_exactly_five_chances(api: Api) -> None:
    answers, _ = at_once(20, lambda _: api.submit(verification_body()).status_code)

    assert sorted(answers) == [202] * 5 + [409] * 15


def test_a_stage_that_the_member_has_is_not_verified_again(desk: Desk, api: Api) -> None:
    desk.case_waiting(kind="verification")
    desk.approve()
    desk.run_due()

    response = api.submit(verification_body())

    assert response.status_code == 409
    assert response.json()["code"] == "stage_already_unlocked"
    with pytest.raises(StageAlreadyUnlocked):
        desk.accept(verification_body())


def test_the_mail_of_a_rejection_says_how_many_chances_are_left(desk: Desk) -> None:
    use(desk, 2)

    desk.run_due()

    first, second = map(words, desk.mails())
    assert "You have 4 chances left by this method." in first
    assert "You have 3 chances left by this method." in second


def test_the_mail_of_the_last_rejection_says_that_it_was_the_last(desk: Desk) -> None:
    use(desk, 5)

    desk.run_due()

    assert "This was the last chance by this method." in words(desk.mails()[-1])
