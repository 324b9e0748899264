"""The rules step: facts frozen, the published version applied, the decision and all its effects in
one go."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import selectinload

from webapp.http.formatting import shop_day
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoices_of
from webapp.processing.carrying_out import carry_out, carry_out_each
from webapp.processing.claims import Step
from webapp.processing.deciding import decide
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.review import Hold
from webapp.processing.facts import BatchContext, day_paid
from webapp.processing.note_progress import note_begun
from webapp.processing.triggers import note_low_stock
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.events import PAID
from webapp.rules.firing_counts import count_firings
from webapp.rules.models import Decision, Effect
from webapp.rules.queries import decisions_of, rule_set_in_force
from webapp.sales.models import Sale, Status


class RulesBatch(NamedTuple):
    """What the sales of a batch share. `new`: the decisions that are made of them."""

    context: BatchContext
    rule_set: RuleSet
    decided: dict[int, Decision]
    invoices: dict[int, Invoice]
    new: list[Decision]


class RulesStep(Step[Sale, None, RulesBatch]):
    model = Sale
    status = Status.RULES
    write_load = (selectinload(Sale.lines),)

    def load_shared(self, rows: list[Sale], answers: None) -> RulesBatch:
        ids = [sale.id for sale in rows]
        decided = decisions_of(ids, PAID)
        return RulesBatch(BatchContext(rows), rule_set_in_force(), decided, invoices_of(ids), [])

    def write_row(self, row: Sale, shared: RulesBatch, now: dt.datetime) -> None:
        decision = shared.decided.get(row.id)
        if decision is None and row.needs_approval:
            row.wait_for_approval()
            return
        if decision is None:
            decision = self._decide(row, shared.context, shared.rule_set, now)
            shared.new.append(decision)
        self._go_on(row, decision, shared.invoices.get(row.id), now)

    def write_batch(self, shared: RulesBatch, now: dt.datetime) -> None:
        count_firings(shared.new, shop_day(now), now)
        note_low_stock(shared.context.sales, shared.rule_set, now)

    def _decide(
        self, sale: Sale, batch: BatchContext, rule_set: RuleSet, now: dt.datetime
    ) -> Decision:
        decision, effects = decide(sale, sale.lines, batch, rule_set, day_paid(sale), now)
        held = any(effect.kind == Hold.key for effect in effects)
        execution = Execution(sale, batch, now, held)
        if not sale.has_failed:
            carry_out(effects, execution)
        else:
            # All in one go has failed: whichever cannot be done is tried again by itself, and the
            # sale goes on.
            carry_out_each(effects, execution)
        return decision

    def _go_on(
        self, sale: Sale, decision: Decision, invoice: Invoice | None, now: dt.datetime
    ) -> None:
        """A sale that was mended comes by again: decided already, its NF-e there already."""
        held_by = [effect for effect in decision.effects if effect.kind == Hold.key]
        if sale.owes_note:
            note_begun(sale, invoice, now)
        elif held_by:
            sale.hold()
        else:
            sale.park_in(Status.COMPLETED)

    def tried_beside(self, shared: RulesBatch) -> Sequence[tuple[Effect, Exception]]:
        return shared.context.postponed

    def give_up(self, row: Sale, error: str) -> None:
        row.needs_attention("rules", "step_failed", None, {"error": error[:200]})
