"""The month of an NF-e is that of its issuer's state, whatever zone the shop counts in."""

import datetime as dt

import pytest

from tests.support.invoices import authorized
from webapp.invoices.queries import invoices, issued_in
from webapp.store.queries import issuer_day, the_shop

# 23:40 in Recife, the clock of the whole state; 00:40 on Fernando de Noronha.
LATE = dt.datetime(2026, 12, 1, 2, 40, tzinfo=dt.UTC)


@pytest.fixture
def issued(db):
    invoice = authorized()
    the_shop().state, the_shop().time_zone = "PE", "America/Noronha"
    invoice.issued_at = LATE
    db.session.commit()
    return invoice


def test_a_note_of_late_november_is_in_november_s_zip_and_list(db, issued):
    november, december = dt.date(2026, 11, 1), dt.date(2026, 12, 1)
    found = {
        month: db.session.scalars(invoices(month=month).where(issued_in(month))).all()
        for month in (november, december)
    }
    assert found == {november: [issued], december: []}


def test_the_month_that_the_list_offers_is_the_issuer_s(issued):
    assert issuer_day(LATE) == dt.date(2026, 11, 30)
