"""The bar above an order's page tells each step's own time."""

import datetime as dt

from webapp.audit.models import AuditEntry
from webapp.catalog.models import Kind
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.sale_pages.progress import Progress
from webapp.sales.models import Sale, SaleLine, Shipping, Status

PAID = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)


def entry(minute: int, before: str, after: str) -> AuditEntry:
    return AuditEntry(
        subject="sales",
        at=PAID + dt.timedelta(minutes=minute),
        before={"status": before},
        after={"status": after},
    )


def test_a_manager_s_approval_does_not_move_the_time_of_the_address(app):
    sale = Sale(status=Status.RULES, step="rules", paid_at=PAID, lines=[], shipping=Shipping.NONE)
    entries = [
        entry(90, "attention", "rules"),
        entry(1, "rules", "attention"),
        entry(1, "address", "rules"),
    ]
    with app.test_request_context():
        steps = Progress(sale, None, None, entries).steps()
    assert [(step.name, step.when) for step in steps[1:2]] == [("Endereço", "12:01")]


def test_each_step_ahead_tells_its_own_day(app):
    line = SaleLine(product={}, kind=Kind.PHYSICAL, quantity=1, refunded=0)
    sale = Sale(
        status=Status.INVOICED,
        paid_at=PAID,
        lines=[line],
        shipping=Shipping.TO_PACK,
        ship_by=dt.datetime(2026, 11, 24, 20, 0, tzinfo=dt.UTC),
    )
    slip = PackingSlip(expected_delivery=dt.date(2026, 12, 7))
    with app.test_request_context():
        steps = Progress(sale, None, slip, []).steps()
    told = [(step.name, step.when) for step in steps[-3:]]
    assert told == [
        ("Para embalar", ""),
        ("Enviado", "até 24/11 17:00"),
        ("Entregue", "até 07/12/2026"),
    ]
