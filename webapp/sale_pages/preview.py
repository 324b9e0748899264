"""What undoing a sale would do, in words: it is done, told, and rolled back, so that no second
logic foretells the first."""

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from webapp.catalog.models import Product, StockMovement
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_title
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.messages.words import template_name
from webapp.platform.database import db
from webapp.processing.cancellation import sale_to_undo
from webapp.processing.effects import kind_of
from webapp.rules.models import Effect
from webapp.sale_pages.effect_words import skus_of
from webapp.sales.models import Sale


def foretold(sale_id: int, act: Callable[[Sale], object]) -> list[str]:
    """What `act` would do to the sale, one sentence for each thing. Nothing of it stays. Raises
    what `act` raises."""
    db.session.rollback()
    try:
        sale = sale_to_undo(sale_id)
        before = {model: _ids(model, sale_id) for model in (Effect, StockMovement, Task)}
        act(sale)
        db.session.flush()
        return _told(sale, before)
    finally:
        db.session.rollback()


def _ids(model, sale_id: int) -> set[int]:
    return set(db.session.scalars(select(model.id).where(model.sale_id == sale_id)))


def _told(sale: Sale, before: dict) -> list[str]:
    sale_id, names = sale.id, skus_of(sale.lines)
    new = {
        model: db.session.scalars(
            select(model).where(model.sale_id == sale_id).order_by(model.id)
        ).all()
        for model in before
    }
    new = {
        model: [row for row in rows if row.id not in before[model]] for model, rows in new.items()
    }
    skus = _skus(new[StockMovement])
    cancelled = select(Message).where(
        Message.sale_id == sale_id, Message.status == MessageStatus.CANCELLED
    )
    discarded = (
        select(Invoice.id)
        .where(Invoice.sale_id == sale_id, Invoice.status == InvoiceStatus.DISCARDED)
        .limit(1)
    )
    return [
        *(kind_of(twin).undoing_text(twin, names) for twin in new[Effect]),
        *(_back_on_sale(one.change, skus[one.product_id]) for one in new[StockMovement]),
        *(
            _("The e-mail “%(title)s” is not sent.", title=template_name(one.template))
            for one in db.session.scalars(cancelled)
        ),
        *([_("The NF-e is discarded.")] if db.session.scalar(discarded) else []),
        *(_("A task for staff: %(title)s.", title=task_title(task)) for task in new[Task]),
    ]


def _back_on_sale(units: int, sku: str) -> str:
    return ngettext(
        "%(num)s × %(sku)s goes back on sale.", "%(num)s × %(sku)s go back on sale.", units, sku=sku
    )


def _skus(movements: list[StockMovement]) -> dict[int, str]:
    ids = {one.product_id for one in movements}
    return dict(
        db.session.execute(select(Product.id, Product.sku).where(Product.id.in_(ids))).all()
    )
