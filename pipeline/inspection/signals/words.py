import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {"æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_LEGAL: Final = (
    "ab ag aps as asa bv co company corp corporation ev fzco fze fzc gmbh inc incorporated kft kg kk lda limited llc llp lp ltd "
    "ltda mbh nv ohg oy oyj plc private proprietary pte pty pvt sa sarl sas sasu se sl slu snc sp spa spolka srl sro ug"
)
_FORMS: Final = frozenset(_LEGAL.split(" "))
_AND: Final = frozenset({"and", "und", "et"})
_ADDRESS: Final = re.compile(r"^https?://(?:www\.)?|^www\.", re.IGNORECASE)
_SHORTEST_NAME: Final = 4


def plain(word: str) -> str:
    """Only a word's letters and digits, in lower case, without accents: "Söhne," gives "sohne". Nothing is left of "&"."""
    folded = unicodedata.normalize("NFKD", word).casefold().translate(_LETTERS)
    bare = "".join(char for char in folded if char.isalnum())
    return "" if bare in _AND else bare


def spellings(expected: str) -> tuple[str, ...]:
    """What to search for, run together, the fullest first: all words, then a company's name without its legal form."""
    words = [bare for word in _ADDRESS.sub("", expected.strip()).replace(",", " ").split() if (bare := plain(word))]
    full = "".join(words)
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    short = "".join(words)
    return (full, short) if len(short) >= _SHORTEST_NAME and short != full else (full,)
