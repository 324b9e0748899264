"""Effects that did not happen with their decision: tried again until they do, or until a person
must look."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webapp.audit.tracking import tell_pages
from webapp.invoices.models import InvoiceStatus
from webapp.invoices.queries import invoices_of
from webapp.platform.database import db
from webapp.processing.claims import Step
from webapp.processing.effects import Execution
from webapp.processing.facts import BatchContext
from webapp.processing.reversal import Reversal
from webapp.rules.models import Effect, EffectStatus
from webapp.rules.queries import effects_of
from webapp.sales.models import Sale

# What a rule held back has been released by a person.
RELEASED = (InvoiceStatus.APPROVED, InvoiceStatus.SENDING, InvoiceStatus.AUTHORIZED)


class EffectStep(Step):
    """An e-mail's effect is not due here: its message is sent by the step of its own."""

    queue = "rules"
    kind = "effect"
    model = Effect
    status = EffectStatus.PENDING

    def _mine(self, token, ids):
        # The sales first, as whoever cancels or refunds one: nobody waits in a circle.
        of_these = select(Effect.sale_id).where(Effect.id.in_(ids))
        db.session.execute(
            select(Sale.id).where(Sale.id.in_(of_these)).order_by(Sale.id).with_for_update()
        )
        return super()._mine(token, ids)

    def begin(self, rows, answers):
        ids = {effect.sale_id for effect in rows}
        sales = list(
            db.session.scalars(
                select(Sale).where(Sale.id.in_(ids)).options(selectinload(Sale.lines))
            )
        )
        return {sale.id: sale for sale in sales}, BatchContext(sales), held_among(sales)

    def apply(self, row: Effect, shared, now: dt.datetime) -> None:
        sales, batch, held = shared
        sale = sales[row.sale_id]
        Execution(sale, batch, now, sale.id in held, late=True).carry_out([row])
        Reversal.catch_up(sale, now)
        tell_pages(db.session, sale)

    def give_up(self, row: Effect, error: str) -> None:
        row.stand(EffectStatus.FAILED, error)


def held_among(sales: list[Sale]) -> set[int]:
    """Ids of the sales that a rule holds and nobody has released."""
    ids = [sale.id for sale in sales]
    holding, invoices = effects_of(ids, ("hold",)), invoices_of(ids)
    return {
        sale.id
        for sale in sales
        if sale.id in holding
        and not sale.status.is_final
        and not (sale.id in invoices and invoices[sale.id].status in RELEASED)
    }
