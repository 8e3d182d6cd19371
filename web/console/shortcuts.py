"""Every key of the console, in one table: the scripts, the help, the hints on the controls and docs/console.md are made from it.

A key acts on the control of the same name (`data-do` in a template). Only an action that has no control needs a script.
After a change, `make keys` writes the table of docs/console.md.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from markupsafe import Markup


class Where(StrEnum):
    """Where a key acts."""

    QUEUE = "queue"
    """On the queue's page."""
    CASE = "case"
    """At a case, while no sheet is open."""
    SHEET = "sheet"
    """At a case, while a sheet is open."""
    REDACT = "redact"
    """In the sheet for redaction, before the keys of any sheet."""
    OVER = "over"
    """At a case that cannot be decided any more, or where no case waits."""
    FIELD = "field"
    """While a text field has the focus. No other key acts there."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One line of the help: keys with the action of each, where they act, and what they do.

    A key is named as in `KeyboardEvent.key`, letters in capitals. `1-9` is any of these digits, `G Q` one key after the other.
    `more` is for the documentation only.
    """

    keys: Mapping[str, str]
    where: tuple[Where, ...]
    words: str
    more: str = ""


_AT_A_CASE: Final = (Where.CASE, Where.SHEET)
_ANYWHERE: Final = (*_AT_A_CASE, Where.OVER)
_ARROWS: Final = ("ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight")

SHORTCUTS: Final[Mapping[str, tuple[Shortcut, ...]]] = {
    "Decide": (
        Shortcut(
            {"A": "approve"},
            (Where.CASE,),
            "approve",
            "Every question needs a yes, and every fact a value. What is missing gets the focus, with a sentence.",
        ),
        Shortcut({"R": "reject"}, _AT_A_CASE, "reject: digits for the reasons, then Enter"),
        Shortcut({"B": "better_file"}, _AT_A_CASE, "ask for a better file", "The member loses no chance."),
        Shortcut({"E": "escalate"}, _AT_A_CASE, "escalate to a senior", "Say what they should look at."),
        Shortcut({"S": "skip"}, _AT_A_CASE, "skip, with a reason", "You are not offered the case again."),
        Shortcut({"H": "hand_over"}, _AT_A_CASE, "hand over to a colleague", "For a while the case is theirs alone."),
        Shortcut(
            {"U": "undo"},
            (Where.CASE, Where.OVER, Where.QUEUE),
            "undo the last decision, then the one before it",
            "Each for as long as the policy's undo window; on the queue's page too.",
        ),
    ),
    "Answer": (
        Shortcut({"1-9": "question"}, (Where.CASE,), "checklist: yes, no, blank"),
        Shortcut({"0": "all-yes"}, _AT_A_CASE, "yes to everything"),
        Shortcut({"Enter": "next-fact"}, (Where.FIELD,), "in a fact: on to the next blank one"),
        Shortcut({"N": "note"}, _AT_A_CASE, "private note"),
        Shortcut({"M": "mail"}, _AT_A_CASE, "the mail as it will go out", "It is in the member's language."),
        Shortcut({"Escape": "leave-field"}, (Where.FIELD,), "leave a field"),
    ),
    "In a sheet": (
        Shortcut({"1-9": "choose"}, (Where.SHEET,), "choose"),
        Shortcut({"Enter": "submit"}, (Where.SHEET,), "send"),
        Shortcut({"Ctrl+Enter": "submit"}, (Where.SHEET, Where.FIELD), "send, from within a text"),
        Shortcut({"Escape": "close"}, (Where.SHEET,), "close"),
    ),
    "Look": (
        Shortcut({"Z": "zoom", "+": "zoom-in", "-": "zoom-out"}, _AT_A_CASE, "zoom"),
        Shortcut({"F": "fit"}, _AT_A_CASE, "fit"),
        Shortcut(dict.fromkeys(_ARROWS, "move"), _AT_A_CASE, "move"),
        Shortcut({"[": "turn-left", "]": "turn-right"}, _AT_A_CASE, "turn"),
        Shortcut({"C": "compare"}, _AT_A_CASE, "compare with the current avatar"),
        Shortcut({"PageUp": "page-before", "PageDown": "page-after"}, _AT_A_CASE, "pages"),
        Shortcut({"Home": "page-first", "End": "page-last"}, _AT_A_CASE, "first and last page"),
        Shortcut({"V": "reveal"}, _AT_A_CASE, "show what is covered", "All pages of the document."),
        Shortcut({"D": "marks"}, _AT_A_CASE, "marks on or off", "Faces, and words of the form found in the file."),
        Shortcut({"X": "redact"}, _AT_A_CASE, "redact", "Cover what must not be kept."),
    ),
    "Redact": (
        Shortcut({"+": "box-add"}, (Where.REDACT,), "add a box"),
        Shortcut(dict.fromkeys(_ARROWS, "box-move"), (Where.REDACT,), "move the box, with Shift: size it"),
        Shortcut({"Backspace": "box-remove"}, (Where.REDACT,), "take the box away"),
    ),
    "Go": (
        Shortcut({"G Q": "queue"}, _ANYWHERE, "to the queue"),
        Shortcut({"/": "find"}, (*_ANYWHERE, Where.QUEUE), "find a case"),
        Shortcut({"Enter": "next"}, (Where.OVER,), "next case, after one that cannot be decided any more"),
        Shortcut({"Enter": "start"}, (Where.QUEUE,), "in the queue: start the case that is due soonest"),
        Shortcut({"1-9": "start-queue"}, (Where.QUEUE,), "in the queue: start with one queue only"),
        Shortcut({"?": "keys"}, _AT_A_CASE, "these keys"),
    ),
}

_LABELS: Final = {
    **dict(zip(_ARROWS, "←↑↓→", strict=True)),
    "Enter": "↵",
    "Escape": "Esc",
    "PageUp": "PgUp",
    "PageDown": "PgDn",
    "1-9": "1–9",
}
_ARIA: Final = {"+": "Plus", "Ctrl+Enter": "Control+Enter"}


def bindings() -> list[tuple[str, str, tuple[Where, ...]]]:
    """Each key with its action and where it acts, as the scripts read them from the page."""
    return [(key, action, line.where) for line in _lines() for key, action in line.keys.items()]


def caps(key: str) -> list[str]:
    """A key as it is printed on the keyboard, or each of several: `G Q` gives G and Q, `Ctrl+Enter` gives Ctrl and ↵."""
    parts = re.split(r" |(?<=\w)\+", key)
    return [_LABELS.get(part, part) for part in parts]


def hint(action: str) -> Markup:
    """The key of an action, to stand before its name on a control; nothing where it has no key."""
    first = next(iter(_keys(action)), None)
    return keycaps(first) if first else Markup("")


def keycaps(key: str) -> Markup:
    """A key as the help shows it."""
    return Markup(" ").join(Markup("<kbd>{}</kbd>").format(each) for each in caps(key))


def control(action: str) -> Markup:
    """The attributes of the control that does an action: its name, and for a screen reader its keys but for ranges and sequences."""
    keys = " ".join(_ARIA.get(key, key) for key in _keys(action) if key != "1-9" and " " not in key)
    name = Markup('data-do="{}"').format(action)
    return name + Markup(' aria-keyshortcuts="{}"').format(keys) if keys else name


def titled(action: str) -> str:
    """What an action does, with its keys: "Zoom (Z + -)"."""
    line = next(line for line in _lines() if action in line.keys.values())
    return f"{line.words.capitalize()} ({' '.join(' '.join(caps(key)) for key in line.keys)})"


def _keys(action: str) -> list[str]:
    return [key for key, does, _ in bindings() if does == action]


def _lines() -> Iterator[Shortcut]:
    return (line for lines in SHORTCUTS.values() for line in lines)
