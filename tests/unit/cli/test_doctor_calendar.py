import pytest

from cli.doctor import calendar_check
from config.policy import load_policy


@pytest.mark.parametrize(
    ("country", "part", "note"),
    [
        ("GB", None, "Name the team's part: subdivision in [clock] of the policy, one of ENG, NIR, SCT, WLS."),
        ("AU", None, "one of ACT, NSW, NT, QLD, SA, TAS, VIC, WA"),
        ("MY", None, "Name the team's part"),
        ("GB", "ENG", ""),
        ("JP", None, ""),
    ],
)
def test_doctor_says_to_name_the_part_of_a_country_whose_parts_have_holidays_of_their_own(
    country: str, part: str | None, note: str
) -> None:
    team = load_policy().clock.model_copy(update={"country": country, "subdivision": part})

    found = calendar_check(team, 2026)

    assert found.fine
    assert bool(found.note) == bool(note)
    assert note in found.note
