"""What a list's address asks for: words to find, rows to show again."""

import re

from flask import request
from sqlalchemy import ColumnElement, and_, or_, true

from webapp.formatting import like

LONGEST = 100
MOST_WORDS = 6
MOST_ROWS = 200
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


def row_ids() -> list[int]:
    """The ids in ?ids=1,2; what is no id is passed over."""
    written = request.args.get("ids", "").split(",")[:MOST_ROWS]
    return [int(part) for part in written if part.isascii() and part.isdigit() and len(part) < 10]
