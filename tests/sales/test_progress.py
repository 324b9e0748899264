"""The bar above an order's page tells each step's own time."""

import datetime as dt

from webapp.audit.models import AuditEntry
from webapp.sale_pages.progress import Progress
from webapp.sales.models import Sale, Shipping, Status

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
