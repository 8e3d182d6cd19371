"""The table names the source of each number: python-stdnum's documentation or its collections of numbers that were found in public,
what an authority or a company publishes, or `made by the rule` where nothing published was found. `one digit changed` is such a number
with one digit changed, from the countries where no such change passes in the whole collection.
"""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.exceptions import InvalidChecksum

from cli.tax_numbers import markdown
from pipeline.submission.evidence.rules.tax.kinds import CHECK_DIGIT, Kind
from pipeline.submission.evidence.rules.tax_numbers import (
    COUNTRIES,
    IN_VIES,
    KINDS,
    OTHER_KIND,
    WRONG_CHECK_DIGIT,
    WRONG_FORMAT,
    check,
    country_of,
    is_known,
    kind_of,
    taken_kinds,
)

MADE = "made by the rule"
TABLE = list(csv.reader(Path(__file__).with_name("published_tax_numbers.csv").read_text().splitlines()[1:]))
RIGHT = [(country, written, kept) for country, _, written, kept, _, _ in TABLE if kept]
WRONG = [(country, written, wrong) for country, _, written, _, wrong, _ in TABLE if wrong and wrong != OTHER_KIND]
OTHERS = [(country, kind, written) for country, kind, written, _, wrong, _ in TABLE if wrong == OTHER_KIND]
PUBLISHED = Counter(country for country, _, _, kept, _, source in TABLE if kept and source != MADE)
FEW_FOUND = {"BD", "HK", "MC", "MY", "NG", "QA"}
DOCUMENT = Path(__file__).parents[3] / "docs" / "tax-numbers.md"


def right(country: str, written: str) -> str | None:
    found = check(country, written)
    return found.number if found.wrong is None else None


def test_the_table_is_as_large_as_it_should_be() -> None:
    assert len(TABLE) >= 700
    assert {country for country, _, _ in RIGHT} == set(COUNTRIES)
    assert len({country for country, _, _ in WRONG}) >= 20
    assert all(source for *_, source in TABLE)


def test_of_each_country_three_numbers_are_published_where_they_can_be_found() -> None:
    assert {country for country in COUNTRIES if PUBLISHED[country] < 3} == FEW_FOUND


def test_of_each_kind_there_is_a_number_that_it_is_the_first_to_fit() -> None:
    reached = {(country, kind) for country, kind, *_ in TABLE if kind}

    assert {(country, kind.code) for country, kinds in KINDS.items() for kind in kinds} == reached


def test_a_number_of_another_kind_is_named_and_not_taken() -> None:
    found = {(country, written): check(country, written) for country, _, written in OTHERS}

    assert {key: (each.number, each.wrong, each.kind and each.kind.code) for key, each in found.items()} == {
        (country, written): (None, OTHER_KIND, kind) for country, kind, written in OTHERS
    }
    assert [key for key, each in found.items() if each.kind in taken_kinds(key[0])] == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_published_numbers_are_right_and_kept_in_one_way(country: str) -> None:
    kept = {written: kept for land, written, kept in RIGHT if land == country}

    assert {written: right(country, written) for written in kept} == kept


def test_one_changed_digit_is_found() -> None:
    found = {(country, written): check(country, written) for country, written, _ in WRONG}

    assert {key: (each.number, each.wrong) for key, each in found.items()} == {
        (country, written): (None, wrong) for country, written, wrong in WRONG
    }


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_kept_is_right_itself_with_its_country_and_in_small_letters(country: str) -> None:
    kept = {kept for land, _, kept in RIGHT if land == country}

    assert {each: right(country, each) for each in kept} == {each: each for each in kept}
    assert {each: right(country, country + each) for each in kept} == {each: each for each in kept}
    assert {each: right(country, f"{country} {each}") for each in kept} == {each: each for each in kept}
    assert {each: right(country, f"  {each.lower()} ") for each in kept} == {each: each for each in kept}


@pytest.mark.parametrize("label", ["No. ", "VAT Reg No: ", "Tax ID (TIN): ", "N° TVA : ", "税号："])
def test_a_label_before_a_number_changes_nothing(label: str) -> None:
    assert {(country, written): right(country, label + written) for country, written, _ in RIGHT} == {
        (country, written): kept for country, written, kept in RIGHT
    }


@pytest.mark.parametrize(
    ("country", "written", "kept"),
    [
        ("DE", "USt-IdNr.: DE 136 695 976", "136695976"),
        ("IT", "P. IVA 00743110157", "00743110157"),
        ("IT", "Partita IVA: IT00743110157", "00743110157"),
        ("FR", "TVA intracommunautaire : FR40303265045", "40303265045"),
        ("ES", "NIF: A28015865", "A28015865"),
        ("AT", "UID-Nr.: ATU13585627", "U13585627"),
        ("CH", "MWST-Nr. CHE-107.787.577", "CHE107787577"),
        ("GR", "ΑΦΜ 094259216", "094259216"),
        ("RU", "ИНН 7707083893", "7707083893"),
        ("BR", "CNPJ 16.727.230/0001-97", "16727230000197"),
        ("CN", "统一社会信用代码：91110000600037341L", "91110000600037341L"),
        ("JP", "登録番号 T7000012050002", "7000012050002"),
        ("SA", "الرقم الضريبي: 311280328300003", "311280328300003"),
        ("SM", "C.O.E. SM26890", "26890"),
        ("AU", "A.B.N. 83 914 571 673", "83914571673"),
        ("AR", "C.U.I.T. 20-05536168-2", "20055361682"),
        ("PT", "Contribuinte n.º 501442600", "501442600"),
        ("KR", "등록번호 116-82-00276", "1168200276"),
        ("PK", "NTN No: 3240280-5", "32402805"),
    ],
)
def test_a_number_may_stand_with_its_own_name(country: str, written: str, kept: str) -> None:
    assert right(country, written) == kept


@pytest.mark.parametrize(
    ("country", "written", "wrong"),
    [
        ("DE", "USt-IdNr. DE136695977", WRONG_CHECK_DIGIT),
        ("AE", "TRN: 784-1980-1234567-8", OTHER_KIND),
        ("HR", "OIB", WRONG_FORMAT),
        ("AE", "TRN:", WRONG_FORMAT),
        ("DE", "hello DE136695976", WRONG_FORMAT),
    ],
)
def test_what_stands_behind_a_label_is_judged_as_without_it(country: str, written: str, wrong: str) -> None:
    assert (check(country, written).number, check(country, written).wrong) == (None, wrong)


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("BE", "403.019.261", "BE0403.019.261"),
        ("BR", "69435154000102", "694\u06635154000102"),
        ("CA", "12302 6635 RC 0001", "123026635"),
        ("CH", "CHE-107.787.577 IVA", "CHE-107.787.577 MWST"),
        ("CH", "CHE-107.787.577", "CHE107787577TVA"),
        ("GR", "EL 094259216", "GR094259216"),
        ("IE", "IE 8D79739I", "8D79739I"),
        ("NO", "NO 995 525 828 MVA", "995525828"),
        ("NZ", "49-098-576", "049-098-576"),
        ("JP", "T5835678256246", "5-8356-7825-6246"),
        ("HU", "12892312-2-42", "HU12892312"),
        ("SE", "SE556036079301", "556036-0793"),
        ("HK", "12345678-000-01-23-4", "12345678"),
        ("GB", "XI980780684", "GB 980 7806 84"),
    ],
)
def test_two_ways_to_write_one_number_are_kept_as_one(country: str, one: str, other: str) -> None:
    assert right(country, one) is not None
    assert right(country, one) == right(country, other)


@pytest.mark.parametrize(
    ("country", "written", "wrong"),
    [
        ("DE", "136695978", WRONG_CHECK_DIGIT),
        ("DE", "13669597", WRONG_FORMAT),
        ("DE", "DE", WRONG_FORMAT),
        ("PL", "DE 136695976", OTHER_KIND),
        ("PL", "DE 136695978", OTHER_KIND),
        ("US", "07-1144442", WRONG_FORMAT),
        ("GH", "C00032K7673", WRONG_FORMAT),
        ("KR", "211-86-08984", WRONG_CHECK_DIGIT),
        ("KR", "100-86-08983", WRONG_FORMAT),
        ("MX", "SIN 931116 9P8", WRONG_CHECK_DIGIT),
        ("MX", "XAXX010101000", OTHER_KIND),
        ("MX", "XEXX-010101-000", OTHER_KIND),
        ("MX", "CCM 650122 I06", WRONG_FORMAT),
        ("JP", "T2-8356-7825-6246", WRONG_CHECK_DIGIT),
        ("ZA", "4010139122", WRONG_CHECK_DIGIT),
        ("KZ", "941240000194", WRONG_CHECK_DIGIT),
        ("FR", "404833047", WRONG_CHECK_DIGIT),
        ("BR", "390.533.447-06", WRONG_CHECK_DIGIT),
        ("DE", "36 574 261 809", OTHER_KIND),
        ("SA", "299999999900003", WRONG_FORMAT),
        ("HK", "123456", WRONG_FORMAT),
        ("NL", "24345678", OTHER_KIND),
        ("NL", "1234567", WRONG_FORMAT),
        ("NL", "004495446", WRONG_CHECK_DIGIT),
        ("CO", "800197268", WRONG_FORMAT),
        ("CO", "800197268-5", WRONG_CHECK_DIGIT),
        ("CL", "76.086.428", WRONG_FORMAT),
        ("CL", "76.086.428-6", WRONG_CHECK_DIGIT),
        ("PY", "80028061", WRONG_FORMAT),
        ("GT", "576937", WRONG_FORMAT),
        ("IL", "12345", WRONG_FORMAT),
        ("GR", "12345678", WRONG_FORMAT),
    ],
)
def test_what_is_wrong_is_said_as_a_code(country: str, written: str, wrong: str) -> None:
    found = check(country, written)

    assert (found.number, found.wrong) == (None, wrong)


@pytest.mark.parametrize(
    ("country", "written", "kind"),
    [
        ("TW", "00501503", "tw.ubn"),
        ("TW", "00501508", "tw.ubn"),
        ("JP", "T5835678256246", "jp.cn"),
        ("UA", "123456789012", "ua.ipn"),
        ("UA", "1759013776", "ua.rntrc"),
        ("ZA", "4740101508", "za.vat"),
        ("BR", "390.533.447-05", "br.cpf"),
        ("TR", "17291716060", "tr.tckimlik"),
        ("DE", "181/815/08155", "de.stnr"),
        ("FR", "404 833 048", "fr.siren"),
        ("XI", "XI 980780684", "gb.vat"),
        ("KZ", "941240000193", "kz.bin"),
        ("ID", "3171011708450001", "id.npwp"),
        ("ID", "0013121660091000", "id.npwp"),
    ],
)
def test_a_right_number_is_taken_with_the_name_of_its_kind(country: str, written: str, kind: str) -> None:
    found = check(country, written)

    assert (found.wrong, found.kind and found.kind.code) == (None, kind)
    assert found.number is not None
    assert kind_of(country, found.number) == found.kind


@pytest.mark.parametrize(("code", "country"), [("EL", "GR"), ("UK", "GB"), ("XI", "XI"), ("DE", "DE")])
def test_the_codes_of_tax_authorities_are_known(code: str, country: str) -> None:
    assert country_of(code) == country
    assert is_known(country_of(code))


def test_a_number_of_another_country_says_of_which() -> None:
    found = check("PL", "EL 094259216")

    assert (found.wrong, found.of) == (OTHER_KIND, "GR")


@pytest.mark.parametrize(
    ("country", "kind"), [(country, kind) for country, kinds in KINDS.items() for kind in kinds if kind.taken]
)
def test_a_kind_has_a_check_digit_where_the_table_says_so(country: str, kind: Kind) -> None:
    numbers = [written for land, code, written, kept, _, _ in TABLE if (land, code) == (country, kind.code) and kept]
    changed = {
        f"{number[:at]}{digit}{number[at + 1 :]}"
        for number in numbers
        for at, own in enumerate(number)
        for digit in "0123456789"
        if own.isdigit() and digit != own
    }

    found = any(
        _has_wrong_check_digit(kind, each) for each in changed | {each.removeprefix(country) for each in changed}
    )

    assert found == (kind.checks == CHECK_DIGIT)


@settings(deadline=None)
@given(country=st.sampled_from(COUNTRIES), written=st.text(max_size=20))
def test_whatever_is_written_is_answered(country: str, written: str) -> None:
    checked = check(country, written)

    assert (checked.number is None) != (checked.wrong is None)


@settings(deadline=None)
@given(row=st.sampled_from(RIGHT), junk=st.text(max_size=3), at=st.integers(0, 20))
def test_what_is_kept_of_a_spoiled_number_is_plain_and_stays_as_it_is(
    row: tuple[str, str, str], junk: str, at: int
) -> None:
    country, written, _ = row

    number = right(country, written[:at] + junk + written[at:])

    assert number is None or right(country, number) == number


@pytest.mark.parametrize("country", ["BT", "EU", "XX", "de", ""])
def test_a_country_that_is_not_listed_is_not_known(country: str) -> None:
    assert not is_known(country)


def test_every_member_of_the_union_is_known() -> None:
    assert len(IN_VIES) == 28, "the 27 members, and Northern Ireland"
    assert set(COUNTRIES) >= IN_VIES
    assert {country for country, kinds in KINDS.items() if any(kind.in_vies for kind in kinds)} == IN_VIES


def test_the_documentation_lists_what_the_command_prints() -> None:
    assert DOCUMENT.read_text().rstrip().endswith(markdown())


def _has_wrong_check_digit(kind: Kind, number: str) -> bool:
    try:
        kind.validate(number.strip())
    except InvalidChecksum:
        return True
    except (ValueError, IndexError, KeyError):
        return False
    return False
