"""Tells a form's own arithmetic, formatting and printing from any other script. Pure: a script is read here, and never run.

Tax forms and statements carry such scripts, and nothing in them reaches beyond the form. So what is allowed is a list of names: a
script that has one other name, or a spelling that a reader could take in two ways, counts as any other script.
"""

import re
from itertools import pairwise
from typing import Final

_Token = tuple[str, str]
"""Its kind and its spelling."""

LONGEST: Final = 65_536
"""Characters of one script."""

_KEYWORDS: Final = frozenset(
    [
        "var",
        "if",
        "else",
        "true",
        "false",
        "null",
        "new",
        "return",
        "for",
        "while",
        "do",
        "break",
        "continue",
        "typeof",
        "this",
        "undefined",
    ]
)
_FUNCTIONS: Final = frozenset(
    [
        "AFDate_Format",
        "AFExactMatch",
        "AFMakeArrayFromList",
        "AFParseDate",
        "AFSimpleInit",
        "AFStringReplace",
        "AFDate_FormatEx",
        "AFDate_Keystroke",
        "AFDate_KeystrokeEx",
        "AFExtractNums",
        "AFMakeNumber",
        "AFMergeChange",
        "AFNumber_Format",
        "AFNumber_Keystroke",
        "AFParseDateEx",
        "AFPercent_Format",
        "AFPercent_Keystroke",
        "AFRange_Validate",
        "AFSimple",
        "AFSimple_Calculate",
        "AFSpecial_Format",
        "AFSpecial_Keystroke",
        "AFSpecial_KeystrokeEx",
        "AFTime_Format",
        "AFTime_FormatEx",
        "AFTime_Keystroke",
        "Array",
        "Date",
        "Number",
        "String",
        "isNaN",
        "parseFloat",
        "parseInt",
        "print",
        "getField",
    ]
)
_OBJECTS: Final = frozenset({"event", "Math", "util"})
_OF_FORMS: Final = "getField print calculateNow resetForm getPrintParams setFocus isBoxChecked checkThisBox"
_OF_VALUES: Final = (
    "abs ceil floor max min pow round sqrt printf printd printx scand toFixed toString toLowerCase toUpperCase charAt indexOf "
    "lastIndexOf slice substr substring split join replace trim getDate getDay getFullYear getMonth getTime setDate setFullYear setMonth"
)
_METHODS: Final = frozenset(f"{_OF_FORMS} {_OF_VALUES}".split())
_PROPERTIES: Final = frozenset(
    [
        "value",
        "name",
        "valueAsString",
        "display",
        "visible",
        "hidden",
        "noView",
        "noPrint",
        "rc",
        "change",
        "changeEx",
        "willCommit",
        "target",
        "targetName",
        "selStart",
        "selEnd",
        "bUI",
        "bSilent",
        "bShrinkToFit",
        "bAnnotations",
        "bPrintAsImage",
        "bReverse",
        "nStart",
        "nEnd",
        "printParams",
        "interactive",
        "pageHandling",
        "constants",
        "interactionLevel",
        "automatic",
        "full",
        "silent",
        "firstPage",
        "lastPage",
        "PI",
        "length",
        "numPages",
        "readonly",
        "required",
    ]
)
_BEFORE_A_LIST: Final = frozenset({"(", ",", "=", "return", ":"})
_VALUE_ENDS: Final = re.compile(r"[\w$\])]\Z")
# What readers take in different ways (a comment of HTML, a template, an unseen end of a line), and a number too wide for old ones.
_AMBIGUOUS: Final = re.compile(r"<!--|-->|`|[\u2028\u2029\x85\0]|\xe2\x80[\xa8\xa9]|%[-+#0,.]*[0-9]{3}[0-9.]*[dfsx]")
_LINE_ENDS: Final = re.compile(r"[\r\n]")
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n\f\v\ufeff]+|//[^\r\n]*|/\*.*?\*/)"
    r"|(?P<text>\"(?:[^\"\\\r\n]|\\[^\r\n])*\"|'(?:[^'\\\r\n]|\\[^\r\n])*')"
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<sign>[()\[\]{};,:?.=+\-*/%<>!&|])",
    re.DOTALL | re.ASCII,
)


def is_form_script(script: str) -> bool:
    """Whether this script does no more than calculate, format, check or print its form. One that does nothing is none of these."""
    if len(script) > LONGEST or _AMBIGUOUS.search(script):
        return False
    tokens = _tokens(script)
    if not tokens:
        return False
    variables = _variables(tokens)
    around = [("", ""), *tokens, ("", ""), ("", "")]
    windows = zip(around, around[1:], around[2:], around[3:], strict=False)
    return all(_is_allowed(*window, variables) for window in windows)


def _tokens(script: str) -> list[_Token] | None:
    """The tokens; None where the text is none that is read in one way only."""
    tokens: list[_Token] = []
    at = 0
    while at < len(script):
        found = _TOKEN.match(script, at)
        if found is None or (found[0] == "/" and not _divides(tokens, script, at)):
            return None
        at = found.end()
        if found.lastgroup and found.lastgroup != "space":
            tokens.append((found.lastgroup, found[0]))
    return tokens


def _divides(tokens: list[_Token], script: str, at: int) -> bool:
    """Whether a slash can only divide. After a value it does; after a bracket it could begin a pattern that hides what follows."""
    kind, before = tokens[-1] if tokens else ("", "")
    if before in _KEYWORDS - {"this"} or not _VALUE_ENDS.search(before):
        return False
    following = script.find("/", at + 1)
    return kind in {"name", "number"} or following < 0 or _LINE_ENDS.search(script, at, following) is not None


def _variables(tokens: list[_Token]) -> frozenset[str]:
    """What the script itself declares or gives a value."""
    declared = {name for (_, word), (kind, name) in pairwise(tokens) if word == "var" and kind == "name"}
    given = {name for (kind, name), (_, sign) in pairwise(tokens) if kind == "name" and sign == "="}
    return frozenset((declared | given) - _KEYWORDS - _FUNCTIONS)


def _is_allowed(before: _Token, token: _Token, after: _Token, second: _Token, variables: frozenset[str]) -> bool:
    kind, word = token
    if word == "(" and kind == "sign":
        # What a bracket gives back is never called: it could be anything.
        return before[0] in {"", "name"} or (before[0] == "sign" and before[1] not in {")", "]"})
    if word == "[" and kind == "sign":
        # A list, or one part of a list by its number: a member by a computed name could be any member.
        return before[1] in _BEFORE_A_LIST or (after[0] == "number" and second[1] == "]")
    if kind != "name":
        return True
    called = after[1] == "("
    if before[1] == ".":
        return word in _METHODS if called else word in _PROPERTIES
    if called:
        return word in _KEYWORDS | _FUNCTIONS
    # What can be called is never given away or replaced: another thing could then be called by its name.
    return word in _KEYWORDS | _OBJECTS | variables or (after[1] == ":" and word in _PROPERTIES)
