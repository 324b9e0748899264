"""Asking for a rehearsal, and what it looks at: the notes of the last month and the catalog."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer

from webapp.catalog.models import Product
from webapp.catalog.queries import ON_SALE
from webapp.invoices.models import Invoice
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.rows import row_by_id
from webapp.platform.sliced import SliceStatus
from webapp.rehearsals.comparison import Side
from webapp.rehearsals.models import Rehearsal
from webapp.taxation.book import profile_of, the_tax_book
from webapp.taxation.models import TaxProfileVersion
from webapp.taxation.queries import issuer_today

MONTH = dt.timedelta(days=30)
# Beyond it no law has a date.
FARTHEST = dt.timedelta(days=366 * 10)
LIGHT = (defer(Rehearsal.result),)


def ask_rehearsal(day: dt.date, asked_by: str, version_id: int | None = None) -> Rehearsal:
    """Of the last month's notes as of `day`; who asks for one that is under way is given that one.
    Raises Invalid."""
    _refuse_strange_day(day)
    running = _under_way(day, version_id)
    if running is not None:
        return running
    now = utc_now()
    since = now - MONTH
    total, first, last = db.session.execute(
        select(func.count(), func.min(Invoice.id), func.max(Invoice.id)).where(
            Invoice.issued_at >= since, Invoice.is_present
        )
    ).one()
    rehearsal = Rehearsal(
        day=day,
        version_id=version_id,
        since=since,
        total=total,
        cursor=first - 1 if total else 0,
        product_upto=db.session.scalar(select(func.max(Product.id))) or 0,
        status=SliceStatus.PENDING,
        sales=0,
        asked_by=asked_by,
    )
    rehearsal.go_on(last or 0, 0, now)
    db.session.add(rehearsal)
    db.session.flush()
    return rehearsal


def try_version(version: TaxProfileVersion, asked_by: str) -> Rehearsal:
    """On its first day or, where it has begun, today."""
    return ask_rehearsal(max(version.valid_from, issuer_today()), asked_by, version.id)


def _refuse_strange_day(day: dt.date) -> None:
    today = issuer_today()
    if not today <= day <= today + FARTHEST:
        message = _("Choose today or a day to come: notes of days that are over do not change.")
        raise Invalid([FieldError("day", message)])


def _under_way(day: dt.date, version_id: int | None) -> Rehearsal | None:
    query = select(Rehearsal).options(*LIGHT).where(Rehearsal.day == day)
    query = query.where(
        Rehearsal.status == SliceStatus.PENDING,
        Rehearsal.version_id.is_not_distinct_from(version_id),
    )
    return db.session.scalar(query.limit(1))


def sides_of(rehearsal: Rehearsal) -> tuple[Side, Side]:
    """What is compared: notes of today with those of the day or, for a version, notes of the day
    without it and with it."""
    book = the_tax_book()
    if rehearsal.version_id is None:
        return Side(book, issuer_today()), Side(book, rehearsal.day)
    version = db.session.get(TaxProfileVersion, rehearsal.version_id)
    before = after = book
    if version:
        before = book.without(version.code, version.number)
        # One that waits to be signed off is in no book yet.
        after = before.with_version(profile_of(version))
    return Side(before, rehearsal.day), Side(after, rehearsal.day)


def past_notes(rehearsal: Rehearsal, upto: int) -> Select:
    """(id, sale_id) of the invoices still to be built, the newest first."""
    query = select(Invoice.id, Invoice.sale_id).where(
        Invoice.issued_at >= rehearsal.since, Invoice.is_present
    )
    between = Invoice.id > rehearsal.cursor, Invoice.id <= upto
    return query.where(*between).order_by(Invoice.id.desc())


def products_to_try(upto: int) -> Select[Product]:
    """Those that go on an NF-e, the newest first."""
    query = select(Product).where(ON_SALE, Product.on_nfe, Product.id <= upto)
    return query.order_by(Product.id.desc())


def rehearsal_by_id(rehearsal_id: int, lock: bool = False) -> Rehearsal:
    """Raises NotFound."""
    return row_by_id(Rehearsal, rehearsal_id, _l("There is no such rehearsal."), lock)


def latest_by_day(days: list[dt.date]) -> dict[dt.date, Rehearsal]:
    """Of each day the last rehearsal of the whole book."""
    newest = (
        select(func.max(Rehearsal.id))
        .where(Rehearsal.day.in_(days), Rehearsal.version_id.is_(None))
        .group_by(Rehearsal.day)
    )
    return {
        each.day: each
        for each in db.session.scalars(select(Rehearsal).where(Rehearsal.id.in_(newest)))
    }
