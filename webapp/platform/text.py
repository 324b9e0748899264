"""Search texts: how they are folded, kept and asked for."""

import re
import unicodedata

LONGEST = 100
MOST_WORDS = 6
# What the parts of a name, a code or an address stand between.
AROUND = " -/.@"
_PUNCTUATION = re.compile(r"[\s.\-/()+]")
_DIGIT = re.compile(r"[0-9]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def storable(word: str) -> str:
    """`word` as it may be asked for: PostgreSQL takes no NUL, not even in a question."""
    return word.replace("\0", "")


def needles_of(written: str) -> list[list[str]]:
    """For each word of `written` what it may be found by, in a search text with two spaces around
    each word: one of up to two letters begins or ends a word, others stand anywhere, and a code or
    number is found without its signs too."""
    words = storable(written)[:LONGEST].split()[:MOST_WORDS]
    forms_of_words = [{fold(form) for form in _forms(word)} - {""} for word in words]
    return [
        sorted(needle for form in forms for needle in _needles(form))
        for forms in forms_of_words
        if forms
    ]


def _needles(form: str) -> list[str]:
    if len(form) == 1:
        return [f"  {form}", f"{form}  "]
    if len(form) == 2:
        return [needle for sign in AROUND for needle in (f"{sign}{form}", f"{form}{sign}")]
    return [form]


def _forms(word: str) -> set[str]:
    return {word, bare(word)} if _DIGIT.search(word) else {word}


def searchable(*facts: str) -> str:
    """A search text that finds `facts` by any of their words; those with a digit (codes, documents,
    phones) also without their punctuation."""
    codes = (bare(fact) for fact in facts if _DIGIT.search(fact))
    return fold(" ".join(fact for fact in dict.fromkeys((*facts, *codes)) if fact))


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
