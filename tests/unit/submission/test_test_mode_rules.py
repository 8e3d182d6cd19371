"""What the name of a test submission's member asks for."""

import pytest

from config.policy import load_policy
from pipeline.submission.test_mode.rules import Wish, code_of, reasons_of, wish_of, wish_problems

POLICY = load_policy()


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("Ada Byron", Wish("approve")),
        ("Test", Wish("approve")),
        ("Test Approved", Wish("approve")),
        ("Test Rejected", Wish("approve")),
        ("A Test Reject", Wish("approve")),
        ("Test Approve", Wish("approve")),
        ("  TEST REJECT  ", Wish("reject")),
        ("Test Reject unreadable", Wish("reject", ("unreadable",))),
        ("Test Reject unreadable, not_genuine", Wish("reject", ("unreadable", "not_genuine"))),
        ("test better file cut_off", Wish("better_file", ("cut_off",))),
        ("Test Wait", Wish(None)),
    ],
)
def test_a_name_asks_for_a_decision(name: str, wish: Wish) -> None:
    assert wish_of(name) == wish


@pytest.mark.parametrize(
    ("name", "kind", "codes"),
    [
        ("Test Reject", "avatar", []),
        ("Test Reject group_photo", "avatar", []),
        ("Test Reject group_photo", "verification", ["unknown_reason"]),
        ("Test Better File cut_off bad_mood", "avatar", ["unknown_reason"]),
        ("Test Approve group_photo", "avatar", ["unknown_reason"]),
        ("Test Wait long", "avatar", ["unknown_reason"]),
        ("Ada group_photo", "avatar", []),
    ],
)
def test_each_word_behind_it_is_a_reason_of_the_policy(name: str, kind: str, codes: list[str]) -> None:
    found = list(wish_problems(name, kind=kind, policy=POLICY))

    assert [each.code for each in found] == codes
    assert {each.path for each in found} <= {"member.name"}


@pytest.mark.parametrize(
    ("wish", "reasons"),
    [
        (Wish("approve"), ()),
        (Wish(None), ()),
        (Wish("reject"), (POLICY.reasons.avatar[0].code,)),
        (Wish("better_file"), (POLICY.reasons.better_file[0].code,)),
        (Wish("reject", ("poor_quality",)), ("poor_quality",)),
    ],
)
def test_a_rejection_has_a_reason(wish: Wish, reasons: tuple[str, ...]) -> None:
    assert reasons_of(wish, kind="avatar", policy=POLICY) == reasons


@pytest.mark.parametrize(("length", "code"), [(6, "123456"), (8, "12345678"), (10, "1234567890")])
def test_the_code_of_a_test_is_as_long_as_the_policy_wants(length: int, code: str) -> None:
    assert code_of(length) == code
