import pytest

from config.container import Container
from pipeline.kernel.errors import AttemptsExhausted, Invalid
from pipeline.submission.tables import decision
from pipeline.tasks.rules import JUDGE_NUMBER
from pipeline.verification.vies import Advice
from tests.support.bodies import verification_body
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.mails import words
from tests.support.methods import GERMAN, GERMAN_WRONG, automatic, judged, number_body
from tests.support.servers import variant
from tests.support.together import at_once


def chances_left(desk: Desk, method: str = "tax_number") -> int:
    (rung,) = [each for each in desk.membership().stages if each.stage == "verified"]
    return rung.chances_left[method]


def test_a_right_number_goes_to_a_person_who_sees_it(desk: Desk) -> None:
    accepted = judged(desk, "DE", "DE 136 695 976")

    case = desk.case(desk.claimed())

    assert case.submission_id == accepted.id
    assert case.tax_number is not None
    assert (case.tax_number.country, case.tax_number.number) == GERMAN
    assert case.tax_number.written == "DE 136 695 976"
    assert case.tax_number.used_by == ()
    assert [each.title for each in case.materials] == ["Tax number"]
    assert [item.code for item in case.materials[0].checklist] == ["in_register", "company_name"]


def test_a_number_that_a_person_approved_unlocks_the_stage(desk: Desk) -> None:
    accepted = judged(desk)

    desk.approve()
    desk.run_due()

    assert desk.state(accepted.id) == "approved"
    assert desk.membership().level == "verified"
    assert [each["Subject"] for each in desk.mails()] == ["You are now: Verified member"]


@pytest.mark.parametrize(
    ("country", "number", "code", "why"),
    [
        (*GERMAN_WRONG, "tax_number_check_digit", "one of its digits must be wrong"),
        ("KR", "211-86-08984", "tax_number_check_digit", "one of its digits must be wrong"),
    ],
)
def test_a_wrong_number_is_rejected_and_the_mail_says_why_and_which_chance(
    desk: Desk, country: str, number: str, code: str, why: str
) -> None:
    accepted = judged(desk, country, number)
    desk.run_due()

    view = desk.submission(accepted.id)
    (mail,) = desk.mails()
    assert (view.state, [each.code for each in view.decision.reasons] if view.decision else None) == (
        "rejected",
        [code],
    )
    assert why in " ".join(words(mail).split())
    assert "This was your chance no. 1 by this method." in words(mail)
    assert "You have 4 chances left by this method." in words(mail)
    assert chances_left(desk) == 4


def test_the_fifth_wrong_number_is_the_last_and_other_methods_stay_open(desk: Desk) -> None:
    for _ in range(5):
        judged(desk, *GERMAN_WRONG)
    desk.run_due()

    with pytest.raises(AttemptsExhausted):
        desk.accept(number_body())
    assert "This was the last chance by this method." in words(desk.mails()[-1])
    assert desk.accept(verification_body()).chance == 1


def test_ten_wrong_numbers_at_once_spend_five_chances(desk: Desk) -> None:
    accepted, refused = at_once(10, lambda _: desk.accept(number_body(*GERMAN_WRONG)).id)

    desk.run_due()

    assert (len(accepted), {type(each) for each in refused}) == (5, {AttemptsExhausted})
    assert {desk.state(each) for each in accepted} == {"rejected"}
    assert len(desk.mails()) == 5
    assert chances_left(desk) == 0


def test_judging_twice_changes_nothing(desk: Desk) -> None:
    accepted = judged(desk, *GERMAN_WRONG)
    task = desk.only_task(JUDGE_NUMBER)
    desk.sql("UPDATE task SET state = 'ready', ended_at = NULL WHERE id = :id", id=task.id)

    desk.run_due()

    assert desk.submission(accepted.id).version == 2
    assert (len(desk.rows(decision)), len(desk.mails())) == (1, 1)


def test_a_number_that_was_withdrawn_is_not_judged(desk: Desk, api: Api) -> None:
    accepted = desk.accept(number_body(*GERMAN_WRONG))
    api.post(f"/v1/submissions/{accepted.id}/withdraw")

    desk.run_due()

    assert desk.state(accepted.id) == "withdrawn"
    assert (desk.mails(), chances_left(desk)) == ([], 5)


def test_a_country_that_nobody_can_check_is_refused_at_the_door(desk: Desk, api: Api) -> None:
    response = api.submit(number_body("BT", "123"))

    assert response.status_code == 422
    assert problems(response) == [("tax_number.country", "unknown_tax_country")]
    assert "Choose another method" in response.json()["errors"][0]["message"]
    assert chances_left(desk) == 5


def test_a_method_that_the_policy_does_not_offer_is_refused(tools: Container) -> None:
    only = tools.policy.model_copy(update={"methods": {"materials": "Materials"}})

    with pytest.raises(Invalid, match="This method is not offered"):
        Desk(variant(tools, policy=only)).accept(number_body())


def test_by_policy_a_right_number_is_approved_without_a_person(tools: Container) -> None:
    desk = Desk(automatic(tools))

    accepted = judged(desk)
    desk.run_due()

    view = desk.submission(accepted.id)
    assert (view.state, desk.membership().level) == ("approved", "verified")
    assert view.decision is not None
    assert view.decision.facts == {"tax_number": {"country": "DE", "number": "136695976"}}
    assert desk.history(accepted.id) == [
        "submission.accepted",
        "submission.approved",
        "membership.stage_unlocked",
        "mail.sent",
    ]


def test_a_number_that_another_member_gave_always_goes_to_a_person(tools: Container) -> None:
    desk = Desk(automatic(tools))
    first = judged(desk, "DE", "136695976")

    second = judged(desk, "DE", "de-136.695.976", member_id="m-2")

    assert (desk.state(first.id), desk.state(second.id)) == ("approved", "in_review")
    case = desk.case(desk.claimed())
    assert case.tax_number is not None
    assert [(each.member_id, each.submission_id, each.state) for each in case.tax_number.used_by] == [
        ("m-1", first.id, "approved")
    ]


def test_two_members_with_one_number_at_once_are_never_both_approved_by_the_rule(tools: Container) -> None:
    desk = Desk(automatic(tools))

    accepted, raised = at_once(8, lambda number: judged(desk, member_id=f"m-{number}").id)
    desk.run_due()

    assert raised == []
    states = [desk.state(each) for each in accepted]
    assert states.count("approved") <= 1
    assert states.count("approved") + states.count("in_review") == 8


def test_a_number_in_one_register_by_two_codes_is_seen_as_used(tools: Container) -> None:
    desk = Desk(automatic(tools))
    judged(desk, "GB", "GB 980 7806 84")

    second = judged(desk, "XI", "XI980780684", member_id="m-2")

    assert desk.state(second.id) == "in_review"


def test_the_reviewer_sees_which_kind_of_number_it_is(desk: Desk) -> None:
    judged(desk, "BR", "390.533.447-05")

    case = desk.case(desk.claimed())

    assert case.tax_number is not None
    assert case.tax_number.kind == "CPF (Cadastro de Pessoas Físicas, Brazilian national identifier)"


def test_a_register_is_asked_only_about_the_kinds_that_it_has(tools: Container) -> None:
    asking = variant(tools)
    asking.__dict__["vies"] = register = Register(Advice("not_registered"))
    desk = Desk(asking)

    judged(desk, "FR", "404833048")
    judged(desk, "EL", "094259216", member_id="m-2")

    assert register.asked == [("GR", "094259216")]


def test_a_number_that_an_earlier_release_accepted_in_a_form_that_is_not_known_goes_to_a_person(desk: Desk) -> None:
    accepted = desk.accept(number_body())
    desk.sql("UPDATE tax_number SET number = NULL, written = '13669597'")

    desk.run_due(JUDGE_NUMBER)

    assert (desk.state(accepted.id), chances_left(desk)) == ("in_review", 4)


def test_the_same_number_of_another_country_is_another_number(tools: Container) -> None:
    desk = Desk(automatic(tools))
    judged(desk, "PL", "5260250274")

    other = judged(desk, "US", "91-1144442", member_id="m-2")

    assert desk.state(other.id) == "approved"


@pytest.mark.parametrize(
    ("status", "state"),
    [("registered", "approved"), ("not_registered", "in_review"), ("unavailable", "in_review")],
)
def test_a_register_only_advises(tools: Container, status: str, state: str) -> None:
    asking = automatic(tools)
    asking.__dict__["vies"] = Register(Advice(status, "Blue Door Ltd"))  # type: ignore[arg-type]
    desk = Desk(asking)

    accepted = judged(desk)

    assert desk.state(accepted.id) == state


def test_the_reviewer_sees_what_the_register_said(tools: Container) -> None:
    asking = variant(tools)
    asking.__dict__["vies"] = Register(Advice("not_registered", None))
    desk = Desk(asking)
    judged(desk)

    case = desk.case(desk.claimed())

    assert case.tax_number is not None
    assert (case.tax_number.register_status, case.tax_number.register_name) == ("not_registered", None)


def test_a_wrong_number_is_not_looked_up(tools: Container) -> None:
    asking = variant(tools)
    asking.__dict__["vies"] = register = Register(Advice("registered"))
    desk = Desk(asking)

    judged(desk, *GERMAN_WRONG)

    assert register.asked == []


class Register:
    """A register that always says the same."""

    def __init__(self, advice: Advice) -> None:
        self.advice = advice
        self.asked: list[tuple[str, str]] = []

    def look_up(self, country: str, number: str) -> Advice:
        self.asked.append((country, number))
        return self.advice
