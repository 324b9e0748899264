"""Searched lists: what was meant stands first, and is read without the index of searching."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select

from webapp.http.lists import Head, Order, Ordered, Page
from webapp.platform.database import db
from webapp.platform.searching import Ids, begins, holding, spellings_of
from webapp.platform.text import fold

# So many rows that a searched code names stand before the others.
MOST_NAMED = 10


class Sought(NamedTuple):
    """What a list is searched for, and the ids of those rows that this is a code of, or what asks
    for them; None where it cannot be one. `among`: the list without this search, which finds them
    anyway. `begun`: the ids of all whose name begins with what is written, where they are known."""

    written: str
    named: Ids | list[int] | None
    among: Select
    begun: list[int] | None = None


def searched(found: Callable[[], Select], order: Order, sought: Sought) -> Ordered:
    """What was found: first what a code names; then, in a list by name, the names that begin with
    what was written, read by their index; then the others."""
    ids, keys = _named_ids(sought), order.keys
    heads = _of_ids(keys, ids)
    if sought.begun is not None:
        heads += _of_ids(keys, [row_id for row_id in sought.begun if row_id not in ids])
    elif is_by_name(order):
        holds = holding(keys[0].class_.search_text, sought.written)
        fits = holds & keys[-1].not_in(ids) if ids else holds
        heads += [_begun(keys[0], spelt, fits) for spelt in spellings_of(sought.written)]
    return Ordered(keys, order.down, sought.among, heads, found)


def _of_ids(keys: tuple, ids: list[int]) -> list[Head]:
    return [Head(keys[-1].in_(ids), lambda values: values[-1] in ids)] if ids else []


def _begun(name: Any, spelt: str, fits: ColumnElement[bool]) -> Head:
    """`fits`: what holds of them beside."""
    return Head(begins(name, spelt) & fits, lambda values: values[0].startswith(spelt))


def is_by_name(order: Order) -> bool:
    return order.keys[0].type.python_type is str and not order.down


def best_first(
    found: Callable[[], Select],
    order: Order,
    sought: Sought,
    after=None,
    before=None,
    limit: int = 50,
) -> Page:
    """One page of what was `searched`. A list by name that is no longer than a page is ranked as a
    whole."""
    ids = _named_ids(sought)
    page = searched(found, order, sought._replace(named=ids)).page(after, before, limit)
    if page.prev_cursor or page.next_cursor or not is_by_name(order):
        return page
    name, row_id = order.keys[0].key, order.keys[-1].key

    def rank(row: Any) -> int:
        return -1 if getattr(row, row_id) in ids else _rank(getattr(row, name), sought.written)

    return replace(page, items=sorted(page.items, key=rank))


def _named_ids(sought: Sought) -> list[int]:
    if sought.named is None or isinstance(sought.named, list):
        return sought.named or []
    return list(db.session.scalars(sought.named.limit(MOST_NAMED)))


def _rank(name: str, written: str) -> int:
    """The least first: it is the name, begins it, begins a word of it, or stands somewhere."""
    folded, wanted = fold(name), fold(written.strip())
    if folded.startswith(wanted):
        return 0 if folded == wanted else 1
    return 2 if f" {wanted}" in folded else 3
