"""A note is signed on the day for which it was checked, or built and checked anew."""

import datetime as dt

from sqlalchemy import select

from tests.factories import make_sale, open_shop
from tests.support.invoices import in_review
from tests.support.released_notes import release_every_note
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.processing.invoice_steps import BuildStep, SignStep
from webapp.sales.models import Sale, Status

# Of a shop in Simples, whose percentages of that month nobody has typed and whose new form the
# program has no schema for.
IN_JANUARY = dt.datetime(2027, 1, 5, 15, tzinfo=dt.UTC)


def signed(invoice, now):
    step = SignStep()
    shared = step.load_shared([invoice], None)
    step.write_row(invoice, shared, now)


def test_what_was_approved_in_another_year_is_checked_by_its_rules(app, db):
    invoice = in_review()
    release_every_note()
    signed(invoice, IN_JANUARY)
    assert (invoice.status, invoice.number) == (InvoiceStatus.REJECTED, None)
    assert invoice.sale.status is Status.ATTENTION
    assert invoice.sale.reason_params["code"] == "held_rate"
    assert "held_package" in {finding["code"] for finding in invoice.findings}


def test_what_is_still_right_is_signed(app, db):
    invoice = in_review()
    release_every_note()
    signed(invoice, utc_now())
    assert invoice.status is InvoiceStatus.SENDING and invoice.number == 1


def test_what_was_checked_before_midnight_is_built_again(app, db):
    open_shop()
    sale = make_sale()
    sale.go_to(Status.ADDRESS, utc_now())
    sale.go_to(Status.RULES, utc_now())
    sale.go_to(Status.INVOICE, utc_now())
    db.session.add(Invoice(sale=sale, total=sale.note_total, status=InvoiceStatus.PENDING))
    db.session.commit()
    step, tomorrow = BuildStep(), utc_now() + dt.timedelta(days=1)
    built = step.call_external([sale])
    sale = db.session.scalar(select(Sale))
    step.write_row(sale, step.load_shared([sale], built), tomorrow)
    invoice = db.session.scalar(select(Invoice))
    assert (invoice.status, sale.status) == (InvoiceStatus.PENDING, Status.INVOICE)
    assert sale.due_at == tomorrow
