"""Rehearsals: the catalog and the last month's notes built as of a day to come, slice by slice.
Nothing else is written."""

import datetime as dt
from time import monotonic
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import defer, selectinload

from webapp.invoices.composition import issuer_of, note_of
from webapp.platform.database import db
from webapp.processing.slicing import SLICE_SECONDS, SlicedStep
from webapp.rehearsals.asking import past_notes, products_to_try, sides_of
from webapp.rehearsals.catalog_notes import note_of_products
from webapp.rehearsals.comparison import Side, Tally, judge
from webapp.rehearsals.models import Rehearsal
from webapp.sales.models import Sale
from webapp.store.models import Shop
from webapp.store.queries import the_shop

# Notes, and products of one note, read at a time.
CHUNK = 100


class RehearsedSlice(NamedTuple):
    """How far one got, with what all of them came to."""

    product_upto: int
    upto: int
    sales: int
    tally: Tally


class RehearsalStep(SlicedStep[Rehearsal, RehearsedSlice]):
    """First the catalog, then the notes."""

    model = Rehearsal
    write_load = (defer(Rehearsal.result),)

    def slice_of(self, row: Rehearsal) -> RehearsedSlice:
        tally, end = Tally.from_json(row.result), monotonic() + SLICE_SECONDS
        shop, sides = the_shop(), sides_of(row)
        product_upto, upto, sales = row.product_upto, row.upto, 0
        while product_upto > 0 or upto > row.cursor:
            if product_upto > 0:
                product_upto = _try_products(product_upto, shop, sides, tally)
            else:
                upto, looked_at = _try_notes(row, upto, shop, sides, tally)
                sales += looked_at
            if monotonic() >= end:
                break
        db.session.rollback()
        return RehearsedSlice(product_upto, upto, sales, tally)

    def write_row(
        self, row: Rehearsal, shared: dict[int, RehearsedSlice], now: dt.datetime
    ) -> None:
        done = shared[row.id]
        row.result, row.product_upto = done.tally.to_json(), done.product_upto
        row.go_on(done.upto, done.sales, now)


def _try_products(upto: int, shop: Shop, sides: tuple[Side, Side], tally: Tally) -> int:
    """The next ones; returns up to which id they are left."""
    products = db.session.scalars(products_to_try(upto).limit(CHUNK)).all()
    if products:
        note = note_of_products(products, issuer_of(shop), shop.nfe_environment)
        tally.add_products(len(products), judge(note, *sides))
    return products[-1].id - 1 if len(products) == CHUNK else 0


def _try_notes(
    row: Rehearsal, upto: int, shop: Shop, sides: tuple[Side, Side], tally: Tally
) -> tuple[int, int]:
    """The next ones; returns up to which invoice's id they are left, and how many these were."""
    rows = db.session.execute(past_notes(row, upto).limit(CHUNK)).all()
    asked = select(Sale).where(Sale.id.in_([each.sale_id for each in rows]))
    for sale in db.session.scalars(asked.options(selectinload(Sale.lines))):
        note = note_of(sale, shop)
        if note.items:
            tally.add_note(judge(note, *sides))
    return rows[-1].id - 1 if len(rows) == CHUNK else row.cursor, len(rows)
