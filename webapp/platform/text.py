"""Search texts: how they are folded, kept and asked for."""

import re
import unicodedata

from sqlalchemy import ColumnElement, and_, or_, true

LONGEST = 100
MOST_WORDS = 6
_NUMBER_AS_WRITTEN = re.compile(r"[\d.\-/()]*\d[\d.\-/()]*", re.ASCII)


def storable(word: str) -> str:
    """`word` as it may be asked for: PostgreSQL takes no NUL, not even in a question."""
    return word.replace("\0", "")


def matching(column, written: str) -> ColumnElement[bool]:
    """Every word of `written` stands somewhere in `column`, a folded search text; a number also
    without its dots and dashes."""
    words = written[:LONGEST].split()[:MOST_WORDS]
    return and_(
        true(),
        *(or_(*(column.like(like(form), escape="\\") for form in _forms(word))) for word in words),
    )


def _forms(word: str) -> set[str]:
    return {word, re.sub(r"\D", "", word)} if _NUMBER_AS_WRITTEN.fullmatch(word) else {word}


def fold(text: str) -> str:
    """Lower case without accents: how search texts are kept and asked."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def like(text: str) -> str:
    """`text` as a LIKE pattern that finds it anywhere; its own wildcards count as letters (escape
    `\\`), a NUL as nothing."""
    safe = (
        fold(text).replace("\0", "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    )
    return f"%{safe}%"
