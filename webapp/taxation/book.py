"""The shop's tax book, compiled once for each state of what the accountant writes.

`Shop.tax_book_version` is a mark of that state: the shop's row is read once by each session anyway,
so that a sale asks nothing more to know that the book at hand is still the right one.
"""

import datetime as dt
import uuid
from dataclasses import replace

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from webapp.fiscal.calendar import ASKED, BUILT_IN, MONTHLY, Calendar, Term
from webapp.fiscal.tax_book import (
    EXAMPLE_BOOK,
    EXAMPLE_RATES,
    RateException,
    StateRates,
    TaxBook,
    TaxProfile,
)
from webapp.platform.database import db
from webapp.store.models import Shop
from webapp.store.queries import the_shop
from webapp.taxation.models import CalendarValue, StateRate, TaxChoice, TaxProfileVersion
from webapp.taxation.official_rows import kept_packages, kept_tables
from webapp.taxation.queries import HOLDS


def the_tax_book() -> TaxBook:
    """Kept by each process until somebody changes what it is made of."""
    version = the_shop().tax_book_version
    known, book = current_app.extensions.get("tax_book", (None, None))
    if book is None or known != version:
        book = compiled()
        current_app.extensions["tax_book"] = version, book
    return book


def tax_book_changed() -> None:
    """Gives the book a mark that it never had: whoever compiles it from now on sees the change, and
    what was compiled in a transaction that is undone is never asked for again.

    By a statement of its own, which leaves the shop's version alone: an administrator's open
    settings are not stale because of it. The shop's row is locked until the transaction ends.
    """
    db.session.flush()
    mark = uuid.uuid4().hex
    db.session.execute(update(Shop.__table__).values(tax_book_version=mark))
    set_committed_value(the_shop(), "tax_book_version", mark)


def compiled() -> TaxBook:
    """From the rows as they are; the shop's own rates and values lie over those built in."""
    rates = db.session.scalars(select(StateRate)).all()
    choices = db.session.scalars(select(TaxChoice)).all()
    ncm, ibpt = kept_tables()
    return replace(
        EXAMPLE_BOOK,
        profiles=tuple(map(profile_of, db.session.scalars(select(TaxProfileVersion).where(HOLDS)))),
        categories={each.name: each.profile for each in choices if each.of == "category"},
        defaults={each.name: each.profile for each in choices if each.of == "default"},
        rates=(*(_rates_of(rate) for rate in rates if not rate.is_exception), *EXAMPLE_RATES),
        exceptions=tuple(_exception_of(rate) for rate in rates if rate.is_exception),
        calendar=Calendar((*BUILT_IN, *map(_term_of, db.session.scalars(select(CalendarValue))))),
        packages=(*EXAMPLE_BOOK.packages, *kept_packages()),
        ncm=ncm,
        ibpt=ibpt,
    )


def profile_of(version: TaxProfileVersion) -> TaxProfile:
    return TaxProfile(
        code=version.code,
        name=version.name,
        starts=version.valid_from,
        regime=version.regime,
        nature=version.nature,
        icms=version.icms,
        reduction=version.reduction,
        credit_rate=version.credit_rate,
        origin=version.origin,
        cest=version.cest,
        benefit_code=version.benefit_code,
        pis_cofins=version.pis_cofins,
        ibs_cbs=version.ibs_cbs,
        ibs_cbs_class=version.ibs_cbs_class,
        activity=version.activity,
        version=version.number,
        signed_off=version.signed_off_at is not None,
    )


def _rates_of(rate: StateRate) -> StateRates:
    return StateRates(rate.state, rate.valid_from, rate.icms, rate.fcp)


def _exception_of(rate: StateRate) -> RateException:
    return RateException(
        rate.state, rate.valid_from, rate.icms, rate.fcp, ncm=rate.ncm, sku=rate.sku
    )


def _term_of(value: CalendarValue) -> Term:
    end = _month_end(value.valid_from) if value.code in MONTHLY else None
    what = ASKED.get(value.code, value.code)
    return Term(value.code, what, value.valid_from, end, value.source, value.value)


def _month_end(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
