from xml.etree.ElementTree import fromstring

import pytest

from web.console.charts import Chart, Line, drawn, spread, ticks_of
from web.console.numbers import cell, csv_of


def chart(*lines: Line, weeks: int = 4) -> Chart:
    names = [f"2026-W{number:02}" for number in range(40, 40 + weeks)]
    return Chart("key", "Errors <1>", "What & why.", names, lines, unit=" %", high=10)


def test_a_chart_says_its_title_and_what_it_shows() -> None:
    svg = drawn(chart(Line("wrong", [1, 2, 3, 4])))

    root = fromstring(svg)  # noqa: S314  (drawn by ourselves)
    assert root.attrib["role"] == "img"
    named = [root.find(name).attrib["id"] for name in ("title", "desc")]  # type: ignore[union-attr]
    assert named == [root.attrib["aria-labelledby"], root.attrib["aria-describedby"]]
    assert [root.findtext(name) for name in ("title", "desc")] == ["Errors <1>", "What & why."]
    assert "style=" not in svg


def test_a_line_has_its_name_at_its_end_and_a_gap_where_nothing_is_known() -> None:
    root = fromstring(drawn(chart(Line("wrong", [1, None, 3, 4]))))  # noqa: S314

    runs = [len(each.attrib["points"].split()) for each in root.findall("polyline")]
    (name,) = [each for each in root.findall("text") if each.attrib["class"] == "name line-0"]
    last = root.findall("circle")[-1]
    assert runs == [1, 2]
    assert float(name.attrib["x"]) > float(last.attrib["cx"])
    assert last.findtext("title") == "2026-W43, wrong: 4 %"


def test_names_of_lines_that_end_together_do_not_overlap() -> None:
    places = spread([100, 99, 20], apart=15, lowest=172)

    assert places == [100, 85, 20]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.5, 1.0]),
        (-0.2, 1, [-0.5, 0, 0.5, 1.0]),
        (0, 100, [0, 50, 100]),
        (0, 7, [0, 2, 4, 6, 8]),
        (3, 3, [3.0, 3.5, 4.0]),
    ],
)
def test_ticks_are_round_numbers_that_enclose_all(low: float, high: float, ticks: list[float]) -> None:
    found = ticks_of(low, high)

    assert found[0] <= low
    assert found[-1] >= high
    assert len(found) <= 6
    assert found == ticks


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("m.lee", "m.lee"),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        (-0.25, -0.25),
        (None, ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(value: object, written: object) -> None:
    assert cell(value) == written


def test_a_table_is_one_line_for_each_row() -> None:
    assert csv_of(["name", "kappa"], [['a "b"', 0.5], ["=c", None]]) == 'name,kappa\r\n"a ""b""",0.5\r\n\'=c,\r\n'
