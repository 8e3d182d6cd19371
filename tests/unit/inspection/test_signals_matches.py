import pytest

from pipeline.inspection.report import PageText, Word
from pipeline.inspection.signals.match import matches
from tests.drawings import material
from tests.support.signals import page, texts_of

PAPERS = [
    (kind, identity, seed)
    for kind in ("bank_statement", "store_flow")
    for identity in ("wholesaler", "organization")
    for seed in (1, 2, 3)
]

NOWHERE = {"found": False, "page": None, "box": None, "as_written": None}


def found(value: str, *lines: str) -> str | None:
    """How the value is written there, None if it is not."""
    as_written: str | None = matches({"field": value}, [page(*lines)])["field"]["as_written"]
    return as_written


@pytest.mark.parametrize(("kind", "identity", "seed"), PAPERS)
def test_every_fact_of_the_demos_papers_is_found_in_their_text(kind: str, identity: str, seed: int) -> None:
    paper = material(kind, identity=identity, seed=seed)

    result = matches({name: str(value) for name, value in paper.facts.items()}, texts_of(paper.body))

    assert [name for name, each in result.items() if not each["found"]] == []
    assert {each["page"] for each in result.values()} == {1}


def test_the_facts_of_another_business_are_not() -> None:
    paper = texts_of(material("bank_statement", identity="wholesaler", seed=1).body)
    other = material("bank_statement", identity="organization", seed=2).facts

    result = matches({"company_name": str(other["company_name"]), "amount": str(other["amount"])}, paper)

    assert result == {"company_name": NOWHERE, "amount": NOWHERE}


def test_a_fact_is_shown_where_and_as_it_is_written() -> None:
    paper = material("bank_statement", identity="wholesaler", seed=1)

    result = matches(
        {"company_name": "brandt sohne grosshandel", "period_from": str(paper.facts["period_from"])},
        texts_of(paper.body),
    )

    assert result["company_name"]["as_written"] == "Brandt & Söhne Großhandel"
    x0, y0, x1, y1 = result["company_name"]["box"]
    assert (x0, y0) == pytest.approx((48 / 595, 104 / 842), abs=0.01)
    assert 0 < x1 - x0 < 0.4
    assert 0 < y1 - y0 < 0.02


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Müller & Söhne GmbH", "MULLER & SOHNE GMBH"),
        ("Müller & Söhne GmbH", "Müller und Partner, vormals Müller & Söhne"),
        ("Hangzhou Bluefin Trading Co., Ltd.", "HANGZHOU BLUEFIN TRADING CO.,LTD"),
        ("Hangzhou Bluefin Trading Co., Ltd.", "Hangzhou Bluefin Trading Company Limited"),
        ("Kirsebær Handel ApS", "Kirsebaer Handel"),
        ("Luma & Oak", "Welcome to Luma and Oak!"),
        ("@mira.makes", "Follow @mira.makes today"),
        ("https://www.luma-oak.example/", "luma-oak.example"),
        ("杭州蓝鳍贸易有限公司", "户名:杭州蓝鳍贸易有限公司"),
        ("Cerâmica do Douro, Lda.", "CERAMICA DO DOURO"),
    ],
)
def test_a_name_is_found_without_regard_to_case_accents_spaces_and_legal_form(name: str, line: str) -> None:
    assert found(name, "Statement of account", line) is not None


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Oak Ltd", "Soak it"),
        ("Mira", "Miramar Holdings"),
        ("Casa Tejida", "Casa"),
        ("Bluefin Trading", "Bluefin Shipping"),
        ("!!!", "Any words"),
    ],
)
def test_a_part_of_another_word_is_no_name(name: str, line: str) -> None:
    assert found(name, line) is None


def test_a_name_broken_over_two_lines_is_found() -> None:
    assert found("Al Noor Crescent General Trading", "Account of Al Noor Crescent", "General Trading FZE")


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("Total 12,500.50 paid in", "12,500.50"),
        ("Total 12.500,50", "12.500,50"),
        ("Total 12 500,50 EUR", "12 500,50 EUR"),
        ("Total 12\u202f500,50", "12\u202f500,50"),
        ("Total 12'500.50", "12'500.50"),
        ("Total €12.500,50", "€12.500,50"),
        ("Total USD12,500.50", "USD12,500.50"),
        ("Total (12,500.50)", "(12,500.50)"),
        ("Total 12,500.50-", "12,500.50-"),
        ("Total 12500.5", "12500.5"),
    ],
)
def test_an_amount_is_found_in_any_grouping(line: str, written: str) -> None:
    assert found("12500.50", line) == written


@pytest.mark.parametrize(
    "line", ["1,250.05", "125,00.50", "112,500.50", "12,500.51", "INV12500.50", "12 500 50", "12,500"]
)
def test_another_number_is_not_the_amount(line: str) -> None:
    assert found("12500.50", line) is None


@pytest.mark.parametrize(
    ("followers", "line", "written"),
    [
        ("12500", "12.5K followers", "12.5K"),
        ("12543", "12.5K followers", "12.5K"),
        ("1234567", "1.2M", "1.2M"),
        ("1234567", "12,34,567", "12,34,567"),
        ("12500", "12.500", "12.500"),
    ],
)
def test_a_count_is_found_in_full_and_shortened(followers: str, line: str, written: str) -> None:
    assert found(followers, line) == written


def test_a_number_in_full_goes_before_a_shortened_one() -> None:
    assert found("12543", "12.5K followers", "12,543 followers") == "12,543"


@pytest.mark.parametrize(
    "written",
    [
        "2026-08-03", "2026/08/03", "03/08/2026", "08/03/2026", "3.8.2026", "03.08.26", "03 Aug 2026", "3rd August 2026", "August 3, 2026",
        "Aug 3 2026", "03-AUG-2026", "3. August 2026", "3 août 2026", "3 de agosto de 2026", "3 agosto 2026", "2026年8月3日", "20260803",
    ],
)  # fmt: skip
def test_a_date_is_found_as_people_write_it(written: str) -> None:
    assert found("2026-08-03", f"Period from {written} on") == written


@pytest.mark.parametrize("written", ["2026-08-04", "04 Aug 2026", "August 2026", "31 Feb 2026", "3 8", "Aug 2026 3"])
def test_another_day_is_not_the_date(written: str) -> None:
    assert found("2026-08-03", written) is None


@pytest.mark.parametrize(
    ("currency", "line"),
    [
        ("EUR", "Currency EUR"),
        ("EUR", "12,00 €"),
        ("EUR", "€12.00"),
        ("EUR", "EUR12.00"),
        ("USD", "US$ 5"),
        ("USD", "$5"),
        ("GBP", "£5"),
        ("SEK", "500 kr"),
        ("INR", "Rs. 5"),
    ],
)
def test_a_currency_is_found_by_code_and_symbol(currency: str, line: str) -> None:
    assert found(currency, line) is not None


@pytest.mark.parametrize(("currency", "line"), [("EUR", "EUROPE"), ("EUR", "5 USD"), ("USD", "£5"), ("GBP", "5")])
def test_another_currency_is_not(currency: str, line: str) -> None:
    assert found(currency, line) is None


def test_a_match_says_on_which_page_it_is() -> None:
    pages = [page("Nothing here"), page("Total 99.00", number=2)]

    assert matches({"amount": "99.00"}, pages)["amount"] == {
        "found": True,
        "page": 2,
        "box": [0.0504, 0.0, 0.0924, 0.0119],
        "as_written": "99.00",
    }


@pytest.mark.parametrize("value", ["", " ", "NaN", "Infinity", "-", "2026-99-99", "\ud800", "." * 10_000, "9" * 10_000])
def test_any_value_and_any_words_are_no_error(value: str) -> None:
    result = matches(
        {"field": value},
        [
            page(value, "9" * 500, "1,1" * 300, "\ud800 \x00"),
            PageText(2, 0, 0, (Word("1", 0, 0, 0, 0),) * 5),
            PageText(3, 1, 1),
        ],
    )

    assert set(result["field"]) == {"found", "page", "box", "as_written"}
