"""Anything may leave the policy while a case is open: the case goes on by the policy that it was accepted under, and every page shows it."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest

from pipeline.kernel.errors import Invalid
from pipeline.membership.tables import membership
from pipeline.policy import Policy
from pipeline.review.cases.queue_stats import claims_of
from pipeline.submission.accepted_policy import policy_text
from pipeline.submission.tables import decision
from pipeline.tasks.rules import JUDGE_NUMBER, SEND_CODE
from schemas.decisions import Decided
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import Api
from tests.support.mails import words
from tests.support.methods import answer, email_body, last_code, number_body
from tests.support.people import acting, signed_in
from tests.support.servers import variant
from tests.support.undoing import let_window_pass, patient

Edit = Callable[[dict[str, Any]], None]


def _stage(policy: dict[str, Any]) -> None:
    policy["ladder"] = [each for each in policy["ladder"] if each["stage"] != "trusted"]
    policy["account"]["certified_levels"] = ["verified", "premier"]


def _identity(policy: dict[str, Any]) -> None:
    policy["identities"]["trader"] = policy["identities"].pop("wholesaler")


def _material(policy: dict[str, Any]) -> None:
    for each in policy["identities"].get("wholesaler", {"materials": ()})["materials"]:
        each["kind"] = f"other_{each['kind']}"
    policy["console"]["blurred"] = ["other_bank_statement"]


def _checklist(policy: dict[str, Any]) -> None:
    for identity in policy["identities"].values():
        for each in identity["materials"]:
            each["must_show"] = [{"code": "all_of_it", "text": "all of it"}]


def _facts(policy: dict[str, Any]) -> None:
    _checklist(policy)
    policy["tax_number"]["checklist"] = [{"code": "known", "text": "the number is known"}]
    policy["facts"] = {"seal": "text"}


def _methods(policy: dict[str, Any]) -> None:
    policy["methods"] = {"tax_number": "Tax number"}


def _reasons(policy: dict[str, Any]) -> None:
    for name in ("avatar", "verification", "better_file"):
        policy["reasons"][name] = [{"code": "another", "text": "For another reason."}]
    for each in policy["points"]["penalties"].values():
        each["reasons"] = ["another"]


def _avatar(policy: dict[str, Any]) -> None:
    policy["avatar"]["checklist"] = [{"code": "nice", "text": "nice"}]
    policy["files"]["avatar"]["media_types"] = ["image/png"]


def _everything(policy: dict[str, Any]) -> None:
    for edit in (_stage, _facts, _material, _identity, _methods, _reasons, _avatar):
        edit(policy)
    policy["methods"] = {"business_email": "Business e-mail"}


THINGS: Final[dict[str, Edit]] = {
    "stage": _stage,
    "identity": _identity,
    "material": _material,
    "checklist": _checklist,
    "facts": _facts,
    "method": _methods,
    "reasons": _reasons,
    "everything": _everything,
}


def edited(policy: Policy, edit: Edit) -> Policy:
    """The policy after somebody edited its file; it is as valid as any that is loaded."""
    written = policy.model_dump(mode="json")
    edit(written)
    return Policy.model_validate({**written, "version": f"edited{edit.__name__}"})


def later(desk: Desk, edit: Edit) -> Desk:
    """The same servers after the edit; decisions can be undone for long."""
    return patient(Desk(variant(desk.tools, policy=edited(desk.tools.policy, edit))))


def wholesaler(desk: Desk, **more: Any) -> UUID:
    key = desk.upload(photo())
    return desk.accept(verification_body({"bank_statement": key}, stage="trusted", **more)).id


def decided(desk: Desk, verdict: str) -> Decided:
    """Decide the case that the reviewer holds, or the next one."""
    claims = claims_of("r-1", context=desk.tools.review).claims
    held = claims[0].claim if claims else desk.claimed()
    return desk.decide(held, desk.request(held, verdict))


def finished(desk: Desk) -> None:
    let_window_pass(desk)
    desk.run_due()
    assert desk.parked() == []


STEPS: Final[tuple[Callable[[Desk], object], ...]] = (
    lambda desk: desk.inspect(),
    lambda desk: desk.claim_next(),
    lambda desk: decided(desk, "approve"),
    finished,
)
MOMENTS: Final = ("received", "in review", "claimed", "in the undo window")


def look_everywhere(desk: Desk, submission: UUID) -> None:
    """Every page that shows a case or its member, at the console and by the API."""
    visitor = signed_in(desk.tools, "r-1")
    pages = [visitor.get("/console/"), visitor.get("/console/queue"), visitor.get(f"/console/find?q={submission}")]
    held = desk.sql("SELECT id FROM claim WHERE state = 'live'")
    pages += [visitor.get(f"/console/cases/{row[0]}") for row in held]
    api = Api(desk.tools)
    for path in (
        f"submissions/{submission}",
        "submissions?view=full",
        "submissions",
        "members/m-1/membership",
        "membership/ladder",
        "membership/identities",
    ):
        pages.append(api.get(f"/v1/{path}"))
    assert {str(each.url): each.status_code for each in pages if each.status_code != 200} == {}


@pytest.mark.parametrize("moment", range(len(STEPS)), ids=MOMENTS)
def test_a_case_goes_to_its_end_whenever_everything_leaves(desk: Desk, moment: int) -> None:
    submission = wholesaler(desk)
    after, now = later(desk, _everything), patient(desk)
    for number, step in enumerate(STEPS):
        now = after if number == moment else now
        step(now)
        if number >= moment:
            look_everywhere(after, submission)

    assert desk.state(submission) == "approved"
    assert "was approved" in str(desk.mails()[-1]["Subject"])
    assert "You are now" not in str(desk.mails()[-1]["Subject"])
    assert after.membership().level == "registered"


@pytest.mark.parametrize("thing", THINGS)
def test_a_case_is_decided_by_what_it_was_accepted_under(desk: Desk, thing: str) -> None:
    submission = wholesaler(desk)
    desk.clear(submission)
    before = desk.case(desk.claimed())
    after = later(desk, THINGS[thing])

    case = after.case(before.claim)
    after.decide(before.claim, after.request(before.claim, "approve"))
    finished(after)

    assert (case.materials[0].checklist, case.materials[0].covered) == (before.materials[0].checklist, True)
    assert (case.materials[0].title, case.reasons, case.fact_types) == (
        before.materials[0].title,
        before.reasons,
        before.fact_types,
    )
    assert (case.stage_title, case.identity_title) == ("Trusted member", "Wholesaler")
    gone = thing in {"stage", "everything"}
    assert after.membership().level == ("registered" if gone else "trusted")
    assert ("You are now" in str(desk.mails()[-1]["Subject"])) is not gone


@pytest.mark.parametrize("verdict", ["reject", "better_file"])
@pytest.mark.parametrize("moment", ["in review", "in the undo window"])
def test_a_reason_that_left_is_said_in_its_words(desk: Desk, verdict: str, moment: str) -> None:
    submission = desk.clear(wholesaler(desk))
    after = later(desk, _everything)
    code = "unreadable"
    by = patient(desk) if moment == "in the undo window" else after
    held = by.claimed()
    by.decide(held, by.request(held, verdict, reasons=[code]))
    look_everywhere(after, submission)
    finished(after)

    view = after.submission(submission)
    (text,) = [each.text for each in view.decision.reasons] if view.decision else [""]
    said = {
        each.code: each.text for each in desk.tools.policy.reasons_for(kind="verification", verdict=verdict).values()
    }
    assert text == said[code]
    assert text in words(desk.mails()[-1])


def test_a_mail_offers_no_way_that_is_closed(desk: Desk) -> None:
    desk.clear(wholesaler(desk))
    after = later(desk, _everything)
    decided(after, "reject")
    finished(after)

    mail = words(desk.mails()[-1])
    assert "Trusted member" in mail
    assert "not offered any more" in mail
    assert "left by this method" not in mail


def test_a_stage_that_leaves_between_decision_and_unlock_is_not_said_to_be_reached(desk: Desk) -> None:
    submission = desk.clear(wholesaler(desk))
    decided(patient(desk), "approve")
    after = later(desk, _stage)
    finished(after)

    (mail,) = desk.mails()
    assert "You are now" not in str(mail["Subject"])
    assert "has been closed" in words(mail)
    assert [(each.name, each.state) for each in after.submission(submission).effects] == [
        ("stage_unlocked", "done"),
        ("mail", "sent"),
    ]


def test_a_stage_that_is_renamed_between_decision_and_unlock_has_its_present_title(desk: Desk) -> None:
    def renamed(policy: dict[str, Any]) -> None:
        policy["ladder"][2]["title"] = "Member of trust"

    desk.clear(wholesaler(desk))
    decided(patient(desk), "approve")
    finished(later(desk, renamed))

    assert desk.mails()[-1]["Subject"] == "You are now: Member of trust"


def test_a_member_whose_level_left_the_ladder_gets_the_next_one(desk: Desk) -> None:
    desk.clear(wholesaler(desk))
    decided(desk, "approve")
    finished(desk)
    after = later(desk, _stage)
    after.clear(after.accept(verification_body(stage="verified")).id)
    decided(after, "approve")
    finished(after)

    assert (after.membership().level, desk.rows(membership)[0].level) == ("verified", "verified")
    assert desk.mails()[-1]["Subject"] == "You are now: Verified member"


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_an_avatar_goes_by_the_checklist_and_the_files_that_it_was_accepted_under(desk: Desk, verdict: str) -> None:
    submission = desk.submit_avatar()
    after = later(desk, _everything)
    after.inspect()
    decided(after, verdict)
    finished(after)

    assert after.state(submission) == {"approve": "approved", "reject": "rejected"}[verdict]
    with pytest.raises(Invalid):
        after.accept(verification_body(stage="trusted"))
    assert after.accept(avatar_body()).state == "received"


def test_a_code_for_a_stage_that_left_still_comes_back(desk: Desk) -> None:
    def without(policy: dict[str, Any]) -> None:
        _everything(policy)
        policy["methods"] = {"tax_number": "Tax number"}

    accepted = desk.accept(email_body(stage="trusted"))
    after = later(desk, without)
    after.run_due(SEND_CODE)
    look_everywhere(after, accepted.id)

    assert "Trusted member" in words(desk.mails()[-1])
    assert answer(after, accepted, last_code(desk)).correct
    finished(after)
    assert "was approved" in str(desk.mails()[-1]["Subject"])


def test_a_tax_number_whose_method_left_is_judged_and_reviewed(desk: Desk) -> None:
    accepted = desk.accept(number_body(stage="trusted"))
    after = later(desk, _everything)
    after.run_due(JUDGE_NUMBER)
    decided(after, "approve")
    look_everywhere(after, accepted.id)
    finished(after)

    assert after.state(accepted.id) == "approved"
    assert after.submission(accepted.id).materials[0].kind == "tax_number"


def test_a_case_that_needed_two_people_needs_them_after_its_stage_left(desk: Desk) -> None:
    four_eyes = desk.tools.policy.review.model_copy(update={"four_eyes": ("trusted",)})
    strict = desk.tools.policy.model_copy(update={"review": four_eyes, "version": "strict"})
    before = Desk(variant(desk.tools, policy=strict))
    submission = before.clear(wholesaler(before))

    def left(policy: dict[str, Any]) -> None:
        _stage(policy)
        policy["review"]["four_eyes"] = []

    after = Desk(variant(before.tools, policy=edited(strict, left)))
    after.claim_next()
    with acting(after.tools, "r-1"):
        made = decided(after, "approve")

    assert made.effects_at is None
    assert after.state(submission) == "in_review"
    assert desk.rows(decision) == []


def test_a_case_whose_policy_was_never_kept_is_shown_and_can_be_rejected(desk: Desk) -> None:
    submission = desk.clear(wholesaler(desk))
    desk.sql("DELETE FROM policy_text")
    after = later(desk, _everything)
    after.claim_next()
    look_everywhere(after, submission)
    decided(after, "reject")
    finished(after)

    assert after.state(submission) == "rejected"


def test_a_policy_is_kept_once_with_its_whole_text(desk: Desk) -> None:
    desk.accept(avatar_body())
    desk.accept(avatar_body(member_id="m-2"))

    (row,) = desk.rows(policy_text)
    assert row.version == desk.tools.policy.version
    assert Policy.model_validate_json(row.content) == desk.tools.policy
