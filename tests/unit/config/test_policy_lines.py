import tomllib

import pytest

from config.policy_lines import Path, line_of, lines_of

TEXT = '''
edition = "x" # a comment with [brackets] and = signs

[a]
b.c = 1
"quoted key" = """
[not.a.table]
k = 2
"""

[[a.list]]
name = 'one # no comment'
many = [
  1, # two
  { x = 2 },
]

[[a.list]]
name = "two"

[a.list.sub]
deep = [[1], [2]]

[[a.list.inner]]
last = true
'''


def test_every_table_and_key_is_found_on_its_line() -> None:
    tomllib.loads(TEXT)

    assert lines_of(TEXT) == {
        ("edition",): 2,
        ("a",): 4,
        ("a", "b", "c"): 5,
        ("a", "quoted key"): 6,
        ("a", "list"): 11,
        ("a", "list", 0): 11,
        ("a", "list", 0, "name"): 12,
        ("a", "list", 0, "many"): 13,
        ("a", "list", 1): 18,
        ("a", "list", 1, "name"): 19,
        ("a", "list", 1, "sub"): 21,
        ("a", "list", 1, "sub", "deep"): 22,
        ("a", "list", 1, "inner"): 24,
        ("a", "list", 1, "inner", 0): 24,
        ("a", "list", 1, "inner", 0, "last"): 25,
    }


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a", "list", 0, "many", 1, "x"), 13),
        (("a", "list", 1, "missing"), 18),
        (("a", "missing"), 4),
        (("missing",), None),
        ((), None),
    ],
)
def test_what_has_no_line_of_its_own_has_that_of_the_nearest_around_it(path: Path, line: int | None) -> None:
    assert line_of(path, lines_of(TEXT)) == line
