"""The shop's one search: every word of what was typed stands in a row's search text.

A table that is searched has an index of the trigrams of its texts beside it, `<table>_search`,
which triggers keep (migration 0018). In it each word stands between two spaces and two, so that its
beginning and its end are trigrams too: by these, words of one or two letters are found. On SQLite
the index is FTS5's, on PostgreSQL a GIN index over arrays, which needs no extension.
"""

import enum
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from flask import g
from sqlalchemy import (
    INTEGER,
    TEXT,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    and_,
    any_,
    case,
    column,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    table,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from webapp.platform.codes import Codes, codes_in
from webapp.platform.database import db
from webapp.platform.text import LONGEST, MOST_WORDS, bare, fold, has_digit, storable


class Way(enum.IntEnum):
    """How what fits is looked for: by the index of searching, through the rows, or by that index
    while the list's own order is walked."""

    INDEX = 0
    ROWS = 1
    NAMES = 2


# A question that answers ids.
Ids: TypeAlias = Select[Any] | CompoundSelect[Any]
# A word that so many of the latest rows have is not worth the index: a page is full before. Where
# lists go by name, what fits may stand together, far from the first page.
LATEST = 1000
MANY = {"sales": 30, "customers": 250, "products": 250, "incoming_notes": 250}
# Where it may be chance (this many of them, lists that go by time), the latest ten thousand tell:
# a page is full within them when they have so many.
SOME, MANY_OF_MORE = {"sales": 5}, 90
# Lists that go by name. To sort thousands of rows costs more than to walk the index of names and to
# ask of each whether it fits, where a page of them is among the first names. SQLite does that
# without the rows; PostgreSQL looks through them, if of the latest so many fit.
BY_NAME = ("customers", "products")
MANY_FOUND, FIRST_NAMES, A_PAGE = 1000, 20_000, 51
FEW_OF_LATEST, FIRST_ROWS = 20, 2500
GRAM = 3
# Of a longer text the index is asked for the end: each trigram is one more list, of hundreds of
# thousands in a big shop, and a phone or an access key is told apart by its last digits, an order's
# reference by where its digits begin. Not so most CNPJ: they are those of a head office.
LONGEST_ASKED, DIGITS_ASKED = 8, 6
NUMBER = re.compile("[0-9]+")
HEAD_OFFICE = re.compile(r"(.{8}|.{10}(?=/))/?0001-?[0-9]{2}")
# What no name goes on with stands behind whatever one does: by the letters' numbers, and as glibc
# sorts, to which these are no letters.
LAST, LAST_OF_GLIBC = 2 * "\U0010ffff", 2 * "\u9fa5"
# What the parts of a name, a code or an address stand between.
AROUND = " -/.@"


def matching(
    model: Any, written: str, named: Ids | list[int] | None = None, by_id: bool = False
) -> ColumnElement[bool]:
    """Rows of `model` that have every word of `written`: one of up to two letters as the beginning
    or end of a word, others anywhere, a code or number however it is spelt. And those `named`, a
    few ids of what it is a code of, which are all that nothing written finds. `by_id`: the latest
    are listed first, whatever the model's own lists go by."""
    if named is not None and not written.strip():
        return model.id.in_(named)
    words, held = needles_of(written), holding(model.search_text, written)
    way = _way(model, written, by_id) if words else Way.ROWS
    if way is Way.ROWS:
        return held if named is None else or_(held, model.id.in_(named))
    found = _found(model, words)
    if named is not None:
        fitting = select(model.id).where(model.id.in_(found), held)
        return model.id.in_(union_all(fitting, select(model.id).where(model.id.in_(named))))
    if model.__tablename__ in BY_NAME and not _is_sqlite():
        return _is_one_of(model, found) & held
    # Of names the list's order leads, not the ids.
    return (model.id + 0 if way is Way.NAMES else model.id).in_(found) & held


def _is_one_of(model: Any, found: Select[int]) -> ColumnElement[bool]:
    """For PostgreSQL, as an array: it takes several trigrams to fit far more rows than they do, and
    would walk the index of names, where few fit to the end of it."""
    ids = select(func.array_agg(found.subquery().c.id, type_=ARRAY(INTEGER))).scalar_subquery()
    # An expression about it: right behind ANY it would be a question for rows.
    return model.id == any_(func.coalesce(ids))


def ids_of(model: Any, written: str) -> Select[int] | None:
    """Ids of what may fit, by the index; None where looking through the rows finds a page of them
    sooner."""
    words = needles_of(written)
    if not words or _way(model, written) is Way.ROWS:
        return None
    return _found(model, words)


def _found(model: Any, words: list[list[str]]) -> Select[int]:
    words = [[_asked_of(needle) for needle in needles] for needles in words]
    name = f"{model.__tablename__}_search"
    if _is_sqlite():
        index = table(name, column("rowid"), column(name))
        phrases = (" OR ".join(_phrase(needle) for needle in needles) for needles in words)
        asked = " AND ".join(f"({phrase})" for phrase in phrases)
        return select(index.c.rowid).where(index.c[name].op("MATCH")(asked))
    grams = column("grams", ARRAY(TEXT))
    index = table(name, column("id"), grams)
    return select(index.c.id).where(
        *(or_(*(grams.contains(_grams(needle)) for needle in needles)) for needles in words)
    )


def _asked_of(needle: str) -> str:
    """The part of it that tells it apart."""
    office = HEAD_OFFICE.fullmatch(needle)
    needle = office[1] if office else needle
    if not NUMBER.fullmatch(needle):
        return needle[-LONGEST_ASKED:]
    asked = needle[-DIGITS_ASKED:]
    # Noughts stand in every other row.
    return asked[1:] if len(asked) == DIGITS_ASKED and asked.startswith("00") else asked


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def holding(text: SQLColumnExpression[str], written: str) -> ColumnElement[bool]:
    """The condition itself, for whoever looks through rows.

    It is no LIKE: of that PostgreSQL guesses by a few values how many fit, by chance none, and then
    reads and sorts the whole table instead of walking to a full page.
    """
    padded = literal("  ") + func.replace(text, " ", "  ") + "  "
    place = func.instr if _is_sqlite() else func.strpos
    return and_(
        true(),
        *(
            or_(*(place(padded if " " in needle else text, needle) > 0 for needle in needles))
            for needles in needles_of(written)
        ),
    )


def spellings_of(written: str) -> list[str]:
    """How a name may be spelt that begins with it, in the order of their letters; none of them
    begins another."""
    text = storable(written).strip()
    spelt = {text, text.upper(), text.capitalize(), text.title(), text.lower()}
    return sorted(spelt - {""})


def begins(name: SQLColumnExpression[str], spelt: str) -> ColumnElement[bool]:
    """Whether it begins just so: by a range of the index of names. A PostgreSQL that sorts as
    people do has other spellings in it, too."""
    if _is_sqlite():
        return and_(name >= spelt, name < spelt + LAST)
    above = func.greatest(spelt + LAST, spelt + LAST_OF_GLIBC)
    is_spelt_so = func.substr(name, 1, len(spelt)) == spelt
    # Of an equation PostgreSQL expects hardly any row, and sorts all that are in the range.
    return and_(name >= spelt, name < above, func.coalesce(is_spelt_so, false()))


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
    ways = db.session.execute(select(*(way_of(model, written) for model in models))).one()
    for model, way in zip(models, ways, strict=True):
        learn_way(model, written, way)


def learn_way(model: Any, written: str, way: int) -> None:
    """What `way_of` answered to somebody who asked it beside something else."""
    g.setdefault("ways_of_searching", {})[model, written] = way


def _way(model: Any, written: str, by_id: bool = False) -> Way:
    """How what fits is looked for."""
    way = None if by_id else g.get("ways_of_searching", {}).get((model, written))
    if way is None:
        way = db.session.scalar(select(way_of(model, written, by_id)))
    return Way(way or 0)


def way_of(model: Any, written: str, by_id: bool = False) -> ScalarSelect[int]:
    """Whether many of the latest rows fit; no further ones are looked at where those decide."""
    many = MANY[model.__tablename__]
    some = SOME.get(model.__tablename__, many)
    first = select(_fitting(model, written, LATEST).label("found")).subquery()
    more = _fitting(model, written, 10 * LATEST) >= MANY_OF_MORE
    few = first.c.found < some, _way_of_few(model, written, first.c.found, by_id)
    return select(
        case(
            few,
            (first.c.found >= many, Way.ROWS.value),
            (more, Way.ROWS.value),
            else_=Way.INDEX.value,
        )
    ).scalar_subquery()


def _way_of_few(
    model: Any, written: str, of_latest: ColumnElement[int], by_id: bool
) -> ColumnElement[int]:
    words = needles_of(written)
    if not words:
        return literal(Way.INDEX.value)
    if by_id and not _is_sqlite():
        return case((of_latest >= FEW_OF_LATEST, Way.ROWS.value), else_=Way.INDEX.value)
    if by_id or model.__tablename__ not in BY_NAME:
        return _way_past_a_run(model, words)
    # Those that begin with it are read by their index.
    others = (not_(begins(model.name, spelt)) for spelt in spellings_of(written))
    names = select(model.id, model.search_text).where(*others).order_by(model.name, model.id)
    if _is_sqlite():
        found = _found(model, words)
        first = names.with_only_columns(model.id).limit(FIRST_NAMES).subquery()
        among = select(first.c.id).where(first.c.id.in_(found))
        way, are_many = Way.NAMES, _count(found, MANY_FOUND) >= MANY_FOUND
    else:
        first = names.limit(FIRST_ROWS).subquery()
        among = select(first.c.id).where(holding(first.c.search_text, written))
        way, are_many = Way.ROWS, of_latest >= FEW_OF_LATEST
    # The second is looked for only where the first holds.
    is_spread = case((are_many, _count(among, A_PAGE)), else_=0) >= A_PAGE
    return case((is_spread, way.value), else_=Way.INDEX.value)


def _way_past_a_run(model: Any, words: list[list[str]]) -> ColumnElement[int]:
    """The latest may be a run of orders that are alike. SQLite's index tells at once how many fit
    of ten times as many."""
    if not _is_sqlite():
        return literal(Way.INDEX.value)
    found, newest = _found(model, words), select(func.max(model.id)).scalar_subquery()
    late = found.where(found.selected_columns[0] > newest - 10 * LATEST)
    are_many = _count(late, MANY_OF_MORE) >= MANY_OF_MORE
    return case((are_many, Way.ROWS.value), else_=Way.INDEX.value)


def _count(query: Select[int], most: int) -> ScalarSelect[int]:
    return select(func.count()).select_from(query.limit(most).subquery()).scalar_subquery()


def _fitting(model: Any, written: str, rows: int) -> ScalarSelect[int]:
    latest = select(model.search_text).order_by(model.id.desc()).limit(rows).subquery()
    fits = select(func.count()).select_from(latest)
    return fits.where(holding(latest.c.search_text, written)).scalar_subquery()


def _phrase(needle: str) -> str:
    """As FTS5 is asked. Of a word of letters three trigrams are enough, wherever they stand: to
    compare the places of each costs twice as much, and the rows themselves are asked anyway. Those
    of numbers stand in every other row."""
    if len(needle) <= GRAM or has_digit(needle):
        return _quoted(needle)
    last = len(needle) - GRAM
    asked = dict.fromkeys(needle[at : at + GRAM] for at in (0, last // 2, last))
    return "(" + " AND ".join(map(_quoted, asked)) + ")"


def _quoted(needle: str) -> str:
    return '"' + needle.replace('"', '""') + '"'


def _grams(needle: str) -> list[str]:
    return sorted({needle[at : at + GRAM] for at in range(len(needle) - GRAM + 1)})
