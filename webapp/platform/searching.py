"""The shop's one search: every word of what was typed stands in a row's search text.

A table that is searched has an index of the trigrams of its texts beside it, `<table>_search`,
which triggers keep (migration 0018). In it each word stands between two spaces and two, so that its
beginning and its end are trigrams too: by these, words of one or two letters are found. On SQLite
the index is FTS5's, on PostgreSQL a GIN index over arrays, which needs no extension.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from flask import g
from sqlalchemy import (
    TEXT,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    case,
    column,
    false,
    func,
    literal,
    or_,
    select,
    table,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from webapp.platform.codes import Codes, codes_in
from webapp.platform.database import db
from webapp.platform.text import LONGEST, MOST_WORDS, bare, fold, has_digit, like, storable

# A question that answers ids.
Ids: TypeAlias = Select[Any] | CompoundSelect[Any]
# A word that so many of the latest rows have is not worth the index: a page is full before. Where
# lists go by name, what fits may stand together, far from the first page.
LATEST = 1000
MANY = {"sales": 30, "customers": 250, "products": 250, "incoming_notes": 250}
# Where it may be chance (this many of them, lists that go by time), the latest ten thousand tell:
# a page is full within them when they have so many.
SOME, MANY_OF_MORE = {"sales": 5}, 90
GRAM = 3
# Of a longer text the index is asked for the end: an access key's 42 trigrams are in lists of
# hundreds of thousands each, and the last ones tell it apart.
LONGEST_ASKED = 16
# What the parts of a name, a code or an address stand between.
AROUND = " -/.@"


def matching(model: Any, written: str, named: Select[int] | None = None) -> ColumnElement[bool]:
    """Rows of `model` that have every word of `written`: one of up to two letters as the beginning
    or end of a word, others anywhere, a code or number however it is spelt. And those `named`, a
    few ids of what it is a code of, which are all that nothing written finds."""
    if named is not None and not written.strip():
        return model.id.in_(named)
    found = ids_of(model, written)
    held = holding(model.search_text, written)
    if named is None:
        return held if found is None else model.id.in_(found) & held
    if found is None:
        return or_(held, model.id.in_(named))
    return model.id.in_(union_all(select(model.id).where(model.id.in_(found), held), named))


def ids_of(model: Any, written: str) -> Select[int] | None:
    """Ids of what may fit, by the index; None where looking through the rows finds a page of them
    sooner."""
    words = needles_of(written)
    if not words or _has_many(model, written):
        return None
    words = [[needle[-LONGEST_ASKED:] for needle in needles] for needles in words]
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


def needles_of(written: str) -> list[list[str]]:
    """For each word of `written` what it may be found by, in a search text with two spaces around
    each word: one of up to two letters begins or ends a word, others stand anywhere, and a code or
    number is found however it is spelt. All of it is one word where it is a code."""
    codes = codes_in(storable(written))
    spelt = codes.spellings()
    forms_of_words = [_whole(codes) | spelt] if spelt else map(_forms, _words(codes.written))
    folded = [{fold(form) for form in forms} - {""} for forms in forms_of_words]
    return [
        sorted(needle for form in forms for needle in _needles(form)) for forms in folded if forms
    ]


def _words(text: str) -> list[str]:
    return text[:LONGEST].split()[:MOST_WORDS]


def _whole(codes: Codes) -> set[str]:
    """As it was typed: beside an access key there stands what names nothing."""
    if codes.access_key:
        return set()
    words = _words(codes.written)
    return _forms(words[0]) if len(words) == 1 else {bare(codes.written)}


def _forms(word: str) -> set[str]:
    return {word, bare(word)} | codes_in(word).spellings() if has_digit(word) else {word}


def _needles(form: str) -> list[str]:
    if len(form) == 1:
        return [f"  {form}", f"{form}  "]
    if len(form) == 2:
        return [needle for sign in AROUND for needle in (f"{sign}{form}", f"{form}{sign}")]
    return [form]


def look_ahead(models: Sequence[Any], written: str) -> None:
    """Asks for several at once what a search of each begins with; remembered with the request."""
    found = db.session.execute(select(*(_latest(model, written) for model in models))).one()
    asked = ((model, written) for model in models)
    g.setdefault("latest_found", {}).update(zip(asked, found, strict=True))


def _has_many(model: Any, written: str) -> bool:
    """Whether so many of the latest rows fit that a page is full before the index has answered."""
    found = g.get("latest_found", {}).get((model, written))
    return bool(db.session.scalar(select(_latest(model, written))) if found is None else found)


def _latest(model: Any, written: str) -> ScalarSelect[bool]:
    """Whether many of the latest rows fit; no further ones are looked at where those decide."""
    many = MANY[model.__tablename__]
    some = SOME.get(model.__tablename__, many)
    first = select(_fitting(model, written, LATEST).label("found")).subquery()
    more = _fitting(model, written, 10 * LATEST) >= MANY_OF_MORE
    is_clear = (first.c.found < some, false()), (first.c.found >= many, true())
    return select(case(*is_clear, else_=more)).scalar_subquery()


def _fitting(model: Any, written: str, rows: int) -> ScalarSelect[int]:
    latest = select(model.search_text).order_by(model.id.desc()).limit(rows).subquery()
    fits = select(func.count()).select_from(latest)
    return fits.where(holding(latest.c.search_text, written)).scalar_subquery()


def _quoted(needle: str) -> str:
    return '"' + needle.replace('"', '""') + '"'


def _grams(needle: str) -> list[str]:
    return sorted({needle[at : at + GRAM] for at in range(len(needle) - GRAM + 1)})
