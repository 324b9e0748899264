"""Effects that did not happen with their decision: tried again until they do, or until a person
must look."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webapp.invoices.models import InvoiceStatus
from webapp.invoices.queries import invoices_of
from webapp.platform.database import db
from webapp.platform.notices import tell_pages
from webapp.processing.carrying_out import carry_out
from webapp.processing.claims import Step
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.review import Hold
from webapp.processing.facts import BatchContext
from webapp.processing.reversing import catch_up
from webapp.rules.models import Effect, EffectStatus
from webapp.rules.queries import effects_of
from webapp.sales.models import Sale, mark_money

# What a rule held back has been released by a person.
RELEASED = (InvoiceStatus.APPROVED, InvoiceStatus.SENDING, InvoiceStatus.AUTHORIZED)


class EffectBatch(NamedTuple):
    """What the effects of a batch share. `held`: ids of the sales that a rule holds."""

    sales: dict[int, Sale]
    context: BatchContext
    held: set[int]


class EffectStep(Step[Effect, None, EffectBatch]):
    """An e-mail's effect is not due here: its message is sent by the step of its own."""

    model = Effect
    status = EffectStatus.PENDING

    def lock_before(self, ids: Sequence[int]) -> None:
        """The sales, as whoever cancels or refunds one."""
        of_these = select(Effect.sale_id).where(Effect.id.in_(ids))
        db.session.execute(
            select(Sale.id).where(Sale.id.in_(of_these)).order_by(Sale.id).with_for_update()
        )

    def load_shared(self, rows: list[Effect], answers: None) -> EffectBatch:
        ids = {effect.sale_id for effect in rows}
        sales = list(
            db.session.scalars(
                select(Sale).where(Sale.id.in_(ids)).options(selectinload(Sale.lines))
            )
        )
        by_id = {sale.id: sale for sale in sales}
        return EffectBatch(by_id, BatchContext(sales), held_among(sales))

    def write_row(self, row: Effect, shared: EffectBatch, now: dt.datetime) -> None:
        sale = shared.sales[row.sale_id]
        held = sale.id in shared.held
        carry_out([row], Execution(sale, shared.context, now, held, late=True))
        catch_up(sale, now)
        mark_money(db.session.connection(), sale.paid_at)
        tell_pages(db.session, sale)

    def give_up(self, row: Effect, error: str) -> None:
        row.finish(EffectStatus.FAILED, error)


def held_among(sales: list[Sale]) -> set[int]:
    """Ids of the sales that a rule holds and nobody has released."""
    ids = [sale.id for sale in sales]
    holding, invoices = effects_of(ids, (Hold.key,)), invoices_of(ids)
    return {
        sale.id
        for sale in sales
        if sale.id in holding
        and not sale.status.is_final
        and not (sale.id in invoices and invoices[sale.id].status in RELEASED)
    }
