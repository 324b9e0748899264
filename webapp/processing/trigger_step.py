"""What rules hear beside a payment, decided like one: the facts frozen, the version in force
applied."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webapp.http.formatting import shop_day
from webapp.platform.database import db
from webapp.platform.notices import tell_pages
from webapp.processing.carrying_out import carry_out_each
from webapp.processing.claims import Step
from webapp.processing.deciding import decide
from webapp.processing.effect_step import held_among
from webapp.processing.effects.execution import Execution
from webapp.processing.facts import BatchContext
from webapp.rules.core.engine import RuleSet
from webapp.rules.firing_counts import count_firings
from webapp.rules.models import Decision, Effect, TriggerEvent, TriggerStatus
from webapp.rules.queries import decision_of, rule_set_in_force
from webapp.sales.models import Sale


class TriggerBatch(NamedTuple):
    """`held`: ids of the sales that a rule holds; `new`: the decisions that are made."""

    sales: dict[int, Sale]
    context: BatchContext
    rule_set: RuleSet
    held: set[int]
    new: list[Decision]


class TriggerStep(Step[TriggerEvent, None, TriggerBatch]):
    model = TriggerEvent
    status = TriggerStatus.PENDING

    def lock_before(self, ids: Sequence[int]) -> None:
        """The sales, as whoever cancels or refunds one."""
        of_these = select(TriggerEvent.sale_id).where(TriggerEvent.id.in_(ids))
        sales = select(Sale.id).where(Sale.id.in_(of_these))
        db.session.execute(sales.order_by(Sale.id).with_for_update())

    def load_shared(self, rows: list[TriggerEvent], answers: None) -> TriggerBatch:
        ids = {row.sale_id for row in rows}
        query = select(Sale).where(Sale.id.in_(ids)).options(selectinload(Sale.lines))
        sales = list(db.session.scalars(query))
        context, held = BatchContext(sales), held_among(sales)
        by_id = {sale.id: sale for sale in sales}
        return TriggerBatch(by_id, context, rule_set_in_force(), held, [])

    def write_row(self, row: TriggerEvent, shared: TriggerBatch, now: dt.datetime) -> None:
        sale = shared.sales[row.sale_id]
        if decision_of(sale.id, row.event) is None:
            self._decide(row, sale, shared, now)
            tell_pages(db.session, sale)
        row.finish()

    def _decide(
        self, row: TriggerEvent, sale: Sale, shared: TriggerBatch, now: dt.datetime
    ) -> None:
        lines = [line for line in sale.lines if row.lines is None or line.position in row.lines]
        day, event = shop_day(now), row.event
        decision, effects = decide(
            sale, lines, shared.context, shared.rule_set, day, now, row.kind, event
        )
        shared.new.append(decision)
        execution = Execution(sale, shared.context, now, sale.id in shared.held, late=True)
        carry_out_each(effects, execution)

    def write_batch(self, shared: TriggerBatch, now: dt.datetime) -> None:
        count_firings(shared.new, shop_day(now), now)

    def tried_beside(self, shared: TriggerBatch) -> Sequence[tuple[Effect, Exception]]:
        return shared.context.postponed

    def give_up(self, row: TriggerEvent, error: str) -> None:
        row.fail(error)
