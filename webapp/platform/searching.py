"""The shop's one search: every word of what was typed stands in a row's search text.

A table that is searched has an index of the trigrams of its texts beside it, `<table>_search`,
which triggers keep (migration 0018). In it each word stands between two spaces and two, so that its
beginning and its end are trigrams too: by these, words of one or two letters are found. On SQLite
the index is FTS5's, on PostgreSQL a GIN index over arrays, which needs no extension.
"""

from typing import Any

from sqlalchemy import (
    TEXT,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from webapp.platform.database import db
from webapp.platform.text import like, needles_of

# A word that so many of the latest rows have is not worth the index: a page is full before.
LATEST, MANY = 1000, 30
GRAM = 3


def matching(model: Any, written: str) -> ColumnElement[bool]:
    """Rows of `model` that have every word of `written`: one of up to two letters as the beginning
    or end of a word, others anywhere, a code or number also without its signs."""
    found = ids_of(model, written)
    held = holding(model.search_text, written)
    return held if found is None else model.id.in_(found) & held


def ids_of(model: Any, written: str) -> Select[int] | None:
    """Ids of what may fit, by the index; None where looking through the rows finds a page of them
    sooner."""
    words = needles_of(written)
    if not words or _is_common(model, written):
        return None
    name = f"{model.__tablename__}_search"
    if db.session.get_bind().dialect.name == "sqlite":
        index = table(name, column("rowid"), column(name))
        phrases = (" OR ".join(_quoted(needle) for needle in needles) for needles in words)
        asked = " AND ".join(f"({phrase})" for phrase in phrases)
        return select(index.c.rowid).where(index.c[name].op("MATCH")(asked))
    grams = column("grams", ARRAY(TEXT))
    index = table(name, column("id"), grams)
    return select(index.c.id).where(
        *(or_(*(grams.contains(_grams(needle)) for needle in needles)) for needles in words)
    )


def holding(text: SQLColumnExpression[str], written: str) -> ColumnElement[bool]:
    """The condition itself, for whoever looks through rows."""
    padded = literal("  ") + func.replace(text, " ", "  ") + "  "
    return and_(
        true(),
        *(
            or_(
                *(
                    (padded if " " in needle else text).like(like(needle), escape="\\")
                    for needle in needles
                )
            )
            for needles in needles_of(written)
        ),
    )


def _is_common(model: Any, written: str) -> bool:
    latest = select(model.search_text).order_by(model.id.desc()).limit(LATEST).subquery()
    fits = select(func.count()).select_from(latest)
    found = db.session.scalar(fits.where(holding(latest.c.search_text, written)))
    return bool(found and found >= MANY)


def _quoted(needle: str) -> str:
    return '"' + needle.replace('"', '""') + '"'


def _grams(needle: str) -> list[str]:
    return sorted({needle[at : at + GRAM] for at in range(len(needle) - GRAM + 1)})
