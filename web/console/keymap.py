"""Every key of a case's page, as `?` shows it."""

from typing import Final

Row = tuple[tuple[str, ...], str]

KEYS: Final[tuple[tuple[str, tuple[Row, ...]], ...]] = (
    (
        "Decide",
        (
            (("A",), "approve"),
            (("R",), "reject: digits for the reasons, then Enter"),
            (("B",), "ask for a better file"),
            (("E",), "escalate to a senior"),
            (("S",), "skip, with a reason"),
            (("H",), "hand over to a colleague"),
            (("U",), "undo the last decision"),
        ),
    ),
    (
        "Answer",
        (
            (("1", "–", "9"), "checklist: yes, no, blank"),
            (("0",), "yes to everything"),
            (("↵",), "in a fact: on to the next one"),
            (("N",), "private note"),
            (("M",), "the mail as it will go out"),
            (("Ctrl", "↵"), "send, from within a text"),
            (("Esc",), "leave a field, close"),
        ),
    ),
    (
        "Look",
        (
            (("Z", "+", "-"), "zoom"),
            (("F",), "fit"),
            (("←", "↑", "↓", "→"), "move"),
            (("[", "]"), "turn"),
            (("C",), "compare with the current avatar"),
            (("PgUp", "PgDn"), "pages"),
            (("V",), "show what is covered"),
            (("D",), "marks on or off"),
            (("X",), "redact"),
        ),
    ),
    ("Go", ((("G", "Q"), "to the queue"), (("/",), "find a case"), (("?",), "these keys"))),
)
