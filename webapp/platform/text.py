"""Search texts: how they are folded and kept."""

import re
import unicodedata

LONGEST = 100
MOST_WORDS = 6
_PUNCTUATION = re.compile(r"[\s.\-/()+]")
_DIGIT = re.compile(r"[0-9]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def storable(word: str) -> str:
    """`word` as it may be asked for: PostgreSQL takes no NUL, not even in a question."""
    return word.replace("\0", "")


def searchable(*facts: str) -> str:
    """A search text that finds `facts` by any of their words; those with a digit (codes, documents,
    phones) also without their punctuation."""
    codes = (bare(fact) for fact in facts if has_digit(fact))
    return fold(" ".join(fact for fact in dict.fromkeys((*facts, *codes)) if fact))


def has_digit(text: str) -> bool:
    return bool(_DIGIT.search(text))


def bare(code: str) -> str:
    """A code or number without the signs that people put between its parts."""
    return _PUNCTUATION.sub("", code)


def fold(text: str) -> str:
    """Lower case without accents: how search texts are kept and asked."""
    plain = unicodedata.normalize("NFKD", text)
    return _BEYOND_ASCII.sub(_without_accent, plain).casefold()


def _without_accent(found: re.Match[str]) -> str:
    return "" if unicodedata.combining(found[0]) else found[0]


def like(text: str) -> str:
    """`text` as a LIKE pattern that finds it anywhere; its own wildcards count as letters (escape
    `\\`), a NUL as nothing."""
    safe = (
        fold(text).replace("\0", "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    )
    return f"%{safe}%"
