"""What comes of a sale and only a person can settle."""

from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice
from webapp.platform.database import db
from webapp.rules.models import Effect
from webapp.sales.models import Sale


def open_task(sale: Sale, code: str, effect: Effect | None = None, **params: object) -> None:
    """`params` are what the task's words name, beside the customer and the order."""
    params |= {"customer": sale.customer_name, "reference": sale.reference}
    db.session.add(Task(sale_id=sale.id, effect=effect, code=code, params=params))


def note_task(sale: Sale, code: str, invoice: Invoice) -> None:
    """What an NF-e asks of a person."""
    open_task(
        sale, code, number=invoice.number, series=invoice.series, access_key=invoice.access_key
    )
