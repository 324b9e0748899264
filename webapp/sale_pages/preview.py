"""What undoing a sale would do, in words: it is done, put into words and rolled back, so that no
second logic foretells the first."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from sqlalchemy import Select, select

from webapp.catalog.models import Product, StockMovement
from webapp.fiscal.events import EventKind
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_title
from webapp.http.formatting import money_text
from webapp.invoices.models import EventStatus, Invoice, InvoiceEvent, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.messages.words import template_name
from webapp.platform.database import db
from webapp.platform.money import ZERO
from webapp.platform.transactions import writing
from webapp.processing.cancellation import sale_to_undo
from webapp.processing.effects import kind_of
from webapp.rules.models import Effect
from webapp.sale_pages.effect_words import MOST_ALONE, skus_of
from webapp.sales.models import Sale

Row = TypeVar("Row", Effect, StockMovement, Task)
# By table, the ids of the sale's rows before the act.
Before = dict[Any, set[int]]


def dry_run(sale_id: int, act: Callable[[Sale], object]) -> list[str]:
    """What `act` would do to the sale, one sentence for each thing. Nothing of it stays. Raises
    what `act` raises."""
    db.session.rollback()
    with writing():
        try:
            sale = sale_to_undo(sale_id)
            before = {model: _ids(model, sale_id) for model in (Effect, StockMovement, Task)}
            act(sale)
            db.session.flush()
            return _told_once(_sentences(sale, before))
        finally:
            db.session.rollback()


def _told_once(sentences: Iterable[str]) -> list[str]:
    """What would be said several times is said once, with how often: an order may have a hundred
    equal lines."""
    return [
        sentence
        if times == 1
        else _("%(times)s times: %(sentence)s", times=times, sentence=sentence)
        for sentence, times in Counter(sentences).items()
    ]


def _ids(model: Any, sale_id: int) -> set[int]:
    return set(db.session.scalars(select(model.id).where(model.sale_id == sale_id)))


def _new(model: type[Row], sale: Sale, before: Before) -> list[Row]:
    query = select(model).where(model.sale_id == sale.id).order_by(model.id)
    return [row for row in db.session.scalars(query) if row.id not in before[model]]


def _sentences(sale: Sale, before: Before) -> Iterator[str]:
    yield from _undone(_new(Effect, sale, before), skus_of(sale.lines))
    yield from _back_on_sale(_new(StockMovement, sale, before))
    for message in db.session.scalars(_cancelled_messages(sale)):
        yield _("The e-mail “%(title)s” is not sent.", title=template_name(message.template))
    if db.session.scalar(_discarded_invoices(sale).limit(1)):
        yield _("The NF-e is discarded.")
    if db.session.scalar(_cancellations(sale).limit(1)):
        yield pgettext("preview", "SEFAZ is asked to cancel the NF-e.")
    for task in _new(Task, sale, before):
        yield _("A task for staff: %(title)s.", title=task_title(task))


def _undone(twins: list[Effect], skus: dict[int, str]) -> Iterator[str]:
    """One sentence for each; for money on many lines the sum."""
    by_kind: dict[str, list[Effect]] = {}
    for twin in twins:
        by_kind.setdefault(twin.kind, []).append(twin)
    for alike in by_kind.values():
        if len(alike) <= MOST_ALONE or any(twin.amount is None for twin in alike):
            yield from (kind_of(twin).undoing_text(twin, skus) for twin in alike)
            continue
        amount = sum((twin.amount or ZERO for twin in alike), ZERO)
        yield _(
            "%(effect)s of %(count)s items: %(amount)s is reversed.",
            effect=kind_of(alike[0]).title(alike[0]),
            count=len(alike),
            amount=money_text(-amount),
        )


def _back_on_sale(movements: list[StockMovement]) -> Iterator[str]:
    """One sentence a product, on however many lines it was bought."""
    units = Counter[int]()
    for movement in movements:
        units[movement.product_id] += movement.change
    skus = _skus(units)
    for product_id, count in units.items():
        yield ngettext(
            "%(num)s × %(sku)s goes back on sale.",
            "%(num)s × %(sku)s go back on sale.",
            count,
            sku=skus[product_id],
        )


def _skus(product_ids: Iterable[int]) -> dict[int, str]:
    query = select(Product.id, Product.sku).where(Product.id.in_(set(product_ids)))
    return {row.id: row.sku for row in db.session.execute(query)}


def _cancelled_messages(sale: Sale) -> Select[Message]:
    return select(Message).where(
        Message.sale_id == sale.id, Message.status == MessageStatus.CANCELLED
    )


def _cancellations(sale: Sale) -> Select[int]:
    """Of its NF-e, that are at the authority."""
    return select(InvoiceEvent.id).where(
        InvoiceEvent.sale_id == sale.id,
        InvoiceEvent.kind == EventKind.CANCELLATION,
        InvoiceEvent.status == EventStatus.PENDING,
    )


def _discarded_invoices(sale: Sale) -> Select[int]:
    return select(Invoice.id).where(
        Invoice.sale_id == sale.id, Invoice.status == InvoiceStatus.DISCARDED
    )
