"""How orders are looked for, in every list of what an order has: by words, by their own codes and
by those that other features keep of them."""

from collections.abc import Callable
from typing import NamedTuple

from flask import g, has_request_context
from sqlalchemy import ColumnElement, Select, literal, select, union_all

from webapp.http.best_first import MOST_NAMED
from webapp.platform.codes import Codes, codes_in
from webapp.platform.database import db
from webapp.platform.searching import learn_way, matching, way_of
from webapp.sales.models import Sale

# Of codes, the ids of the orders that they are codes of; None where they cannot be.
Finder = Callable[[Codes], Select[int] | None]
_finders: list[Finder] = []


def finds_sales(finder: Finder) -> Finder:
    """Registers what finds orders by codes that another feature keeps."""
    _finders.append(finder)
    return finder


class _Sought(NamedTuple):
    """What of a text is looked for by words, and the ids of those orders that it is the reference
    of, or a code of another feature."""

    words: str
    own: list[int]
    others: list[int]


def found_sales(q: str) -> ColumnElement[bool]:
    """Of what cannot be but a code of another feature no words are looked for, if it is one."""
    sought = _sought(q)
    return matching(Sale, sought.words, named_sales(q) if sought.others else None)


def named_sales(q: str) -> list[int]:
    """Ids of those that `q` is a code of."""
    sought = _sought(q)
    return list(dict.fromkeys(sought.own + sought.others))


def own_sales(q: str) -> list[int]:
    """Ids of those that `q` is the reference of; those where it is written just so stand first."""
    return _sought(q).own


def referenced(q: str) -> Select[int]:
    """Ids of those that `q` is the reference of, in any case and with or without its dash."""
    return select(Sale.id).where(Sale.reference.in_(codes_in(q).references))


def _sought(q: str) -> _Sought:
    """Asked once a request, of which a list asks it twice."""
    known: dict[str, _Sought] = g.setdefault("sought_sales", {}) if has_request_context() else {}
    if q not in known:
        known[q] = _look_for(q)
    return known[q]


def _look_for(q: str) -> _Sought:
    """In one statement, and with it how words are looked for, which a request goes on to."""
    codes = codes_in(q)
    is_sure = codes.access_key or (codes.note and codes.note.is_said)
    just_so_first = referenced(q).order_by(Sale.reference != codes.written, Sale.id)
    asked = [("own", just_so_first), *(("other", finder(codes)) for finder in _finders)]
    parts = [
        select(literal(kind), *ids.limit(MOST_NAMED).subquery().c)
        for kind, ids in asked
        if ids is not None
    ]
    if has_request_context() and not is_sure:
        parts.append(select(literal("way"), way_of(Sale, q)))
    found: dict[str, list[int]] = {"own": [], "other": [], "way": []}
    for kind, value in db.session.execute(union_all(*parts)):
        found[kind].append(value)
    for way in found["way"]:
        learn_way(Sale, q, way)
    words = "" if found["other"] and is_sure else q
    return _Sought(words, found["own"], found["other"])
