"""How orders are looked for, in every list of what an order has: by words, by their own codes and
by those that other features keep of them."""

from collections.abc import Callable
from typing import NamedTuple

from flask import g, has_request_context
from sqlalchemy import ColumnElement, Select, select, union

from webapp.http.best_first import MOST_NAMED
from webapp.platform.codes import Codes, codes_in
from webapp.platform.database import db
from webapp.platform.searching import Ids, matching
from webapp.sales.models import Sale

# Of codes, the ids of the orders that they are codes of; None where they cannot be.
Finder = Callable[[Codes], Select[int] | None]
_finders: list[Finder] = []


def finds_sales(finder: Finder) -> Finder:
    """Registers what finds orders by codes that another feature keeps."""
    _finders.append(finder)
    return finder


class _Sought(NamedTuple):
    words: str
    others: Select[int] | None


def found_sales(q: str) -> ColumnElement[bool]:
    """Of what cannot be but a code of another feature no words are looked for, if it is one."""
    words, others = _sought(q)
    return matching(Sale, words, others)


def named_sales(q: str) -> Ids:
    """Ids of those that `q` is a code of."""
    others = _sought(q).others
    own = referenced(q)
    return own if others is None else union(others, own)


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
    codes = codes_in(q)
    asked = [found for found in (finder(codes) for finder in _finders) if found is not None]
    ids = [row_id for each in asked for row_id in db.session.scalars(each.limit(MOST_NAMED))]
    if not ids:
        return _Sought(q, None)
    is_sure = codes.access_key or (codes.note and codes.note.is_said)
    return _Sought("" if is_sure else q, select(Sale.id).where(Sale.id.in_(ids)))
