"""What must hold of sales and their effects at any moment, worked out apart from the shop's own
arithmetic."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from webapp.catalog.models import Product, StockMovement
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.platform.database import db
from webapp.rules.models import Decision, Effect, EffectStatus
from webapp.sales.models import Sale, Shipping, Status

UNDECIDED_NOTES = {
    InvoiceStatus.PENDING,
    InvoiceStatus.REVIEW,
    InvoiceStatus.APPROVED,
    InvoiceStatus.REJECTED,
}
SALES_WITH_LINES = select(Sale).order_by(Sale.id).options(selectinload(Sale.lines))
# Undone as a whole or not at all; never twice.
WHOLE = {
    "add_item",
    "membership_activation",
    "membership_upgrade",
    "membership_reactivation",
    "task",
}


@dataclass
class Told:
    """What the outside has been told of one sale, and so may rely on."""

    lines: dict[int, tuple[str, int]]
    refunded: Counter = field(default_factory=Counter)
    # Units that came back to the shelf, by line; those that had shipped do not.
    returned: Counter = field(default_factory=Counter)
    cancelled: bool = False

    def left(self, line: int) -> int:
        return self.lines[line][1] - self.refunded[line]


def part(amount: Decimal, units: int, of: int) -> Decimal:
    return (amount * units / of).quantize(Decimal("0.01"), ROUND_HALF_UP)


@cache
def rows_in_order(model) -> Select:
    return select(model).order_by(*model.__table__.primary_key)


class Ledger:
    """The database as it is, against what was told."""

    def __init__(self, told: dict[int, Told], stock: dict[str, int]):
        db.session.rollback()
        self.told, self.start = told, stock
        self._rows: dict[type, list] = {}
        self.sales = {sale.id: sale for sale in db.session.scalars(SALES_WITH_LINES)}
        self.effects = self.all_of(Effect)
        self.twins: dict[int, list[Effect]] = {}
        for effect in self.effects:
            if effect.reverses:
                self.twins.setdefault(effect.reverses, []).append(effect)

    def all_of(self, model) -> list:
        """Read once."""
        if model not in self._rows:
            self._rows[model] = list(db.session.scalars(rows_in_order(model)))
        return self._rows[model]

    def check(self) -> None:
        self.sales_are_as_told()
        self.effects_happen_once()
        self.money_balances(Commission, "commission")
        self.money_balances(RoyaltySlip, "royalty_slip")
        self.stock_is_what_is_not_out()
        self.papers_are_one_a_sale()
        self.memberships_follow_their_history()
        self.nothing_is_owed_by_cancelled_sales()
        self.numbers_have_no_gap()

    def sales_are_as_told(self) -> None:
        for sale_id, told in self.told.items():
            sale = self.sales[sale_id]
            assert (sale.status is Status.CANCELLED) == told.cancelled
            bought = {line.position: line.refunded for line in sale.lines if not line.gift}
            assert bought == {line: told.refunded[line] for line in told.lines}

    def effects_happen_once(self) -> None:
        keys = Counter(
            (effect.sale_id, effect.event, effect.kind, effect.target) for effect in self.effects
        )
        assert not keys or max(keys.values()) == 1
        originals = {effect.id: effect for effect in self.effects if not effect.reverses}
        for reversed_id, twins in self.twins.items():
            original = originals[reversed_id]
            assert original.status is EffectStatus.DONE, "what never happened is not reversed"
            assert all(
                (twin.kind, twin.target) == (original.kind, original.target) for twin in twins
            )
            assert original.kind not in WHOLE or len(twins) == 1
        decided = Counter(decision.sale_id for decision in self.all_of(Decision))
        assert not decided or max(decided.values()) == 1

    def money_balances(self, model, kind: str) -> None:
        """Of each line exactly what its units that are not back have earned; and every record has
        its effect."""
        rows = {row.effect_id: row for row in self.all_of(model)}
        done = {
            effect.id
            for effect in self.effects
            if effect.kind == kind and effect.status is EffectStatus.DONE
        }
        assert rows.keys() == done
        for effect in self.effects:
            if effect.kind != kind or effect.reverses or effect.id not in rows:
                continue
            record, told = rows[effect.id], self.told[effect.sale_id]
            line = effect.params["lines"][0]
            quantity = told.lines[line][1]
            back = quantity if told.cancelled else told.refunded[line]
            taken = [rows[twin.id] for twin in self.twins.get(effect.id, ())]
            assert record.amount == part(record.base, record.percent, 100), (
                "what was recorded is never written over"
            )
            assert sum((row.amount for row in taken), record.amount) == record.amount - part(
                record.amount, back, quantity
            )
            assert sum((row.base for row in taken), record.base) == record.base - part(
                record.base, back, quantity
            )
            assert all(row.amount == self.by_id[row.effect_id].amount for row in (record, *taken))

    @property
    def by_id(self) -> dict[int, Effect]:
        return {effect.id: effect for effect in self.effects}

    def stock_is_what_is_not_out(self) -> None:
        out = Counter()
        for sale_id, told in self.told.items():
            for line in self.sales[sale_id].lines:
                if line.kind.is_goods:
                    out[line.sku] += line.quantity - told.returned[line.position]
        moved = Counter()
        for movement in self.all_of(StockMovement):
            moved[movement.product_id] += movement.change
        for product in self.all_of(Product):
            if product.kind.is_goods:
                assert (
                    product.stock == self.start[product.sku] - out[product.sku] == moved[product.id]
                ), product.sku

    def papers_are_one_a_sale(self) -> None:
        slips = self.all_of(PackingSlip)
        assert len({slip.sale_id for slip in slips}) == len(slips)
        for slip in slips:
            sale, told = self.sales[slip.sale_id], self.told[slip.sale_id]
            if not told.cancelled and sale.shipping not in (Shipping.SHIPPED, Shipping.DELIVERED):
                lines = {
                    line.position: line.quantity - told.returned[line.position]
                    for line in sale.lines
                    if line.kind.is_goods
                }
                assert {item["line"]: item["quantity"] for item in slip.items} == {
                    n: left for n, left in lines.items() if left
                }
        messages = Counter((message.sale_id, message.template) for message in self.all_of(Message))
        assert not messages or max(messages.values()) == 1
        tasks = Counter(task.effect_id for task in self.all_of(Task) if task.effect_id)
        assert not tasks or max(tasks.values()) == 1
        state = {message.effect_id: message.status for message in self.all_of(Message)}
        for effect in self.effects:
            if effect.id in state:
                assert (effect.status is EffectStatus.DONE) == (
                    state[effect.id] in (MessageStatus.SENT, MessageStatus.KEPT)
                )

    def memberships_follow_their_history(self) -> None:
        events: dict[int, list[MembershipEvent]] = {}
        for event in self.all_of(MembershipEvent):
            events.setdefault(event.membership_id, []).append(event)
        for membership in self.all_of(Membership):
            state = (None, None, None)
            for event in events[membership.id]:
                assert (event.plan_before, event.status_before, event.since_before) == state
                state = event.plan, event.status, event.since
            assert (membership.plan, membership.status, membership.since) == state
        happened = Counter(
            event.effect_id for ones in events.values() for event in ones if event.effect_id
        )
        assert not happened or max(happened.values()) == 1

    def nothing_is_owed_by_cancelled_sales(self) -> None:
        over = {sale_id for sale_id, told in self.told.items() if told.cancelled}
        assert all(self.sales[sale_id].due_at is None for sale_id in over)
        assert not [
            effect
            for effect in self.effects
            if effect.sale_id in over and (effect.is_unfinished or effect.due_at)
        ]
        waiting = (MessageStatus.HELD, MessageStatus.PENDING, MessageStatus.FAILED)
        assert not [
            one
            for one in self.all_of(Message)
            if one.sale_id in over and (one.status in waiting or one.due_at)
        ]
        assert not [
            one
            for one in self.all_of(Invoice)
            if one.sale_id in over and (one.status in UNDECIDED_NOTES or one.due_at)
        ]

    def numbers_have_no_gap(self) -> None:
        numbers = [one.number for one in self.all_of(Invoice) if one.number]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))

    # -- when all is done
    # ---------------------------------------------------------------------------

    def nothing_is_left_over(self) -> None:
        """Once the workers had all the time they need: what is not done waits for a person, and
        nothing moves."""
        resting = {Status.OPEN, Status.INVOICED, Status.COMPLETED, Status.REVIEW, Status.CANCELLED}
        assert {sale.status for sale in self.sales.values()} <= resting
        stuck = [effect for effect in self.effects if effect.is_unfinished]
        assert all(
            effect.kind == "membership_upgrade" or self.is_unsent(effect) for effect in stuck
        )
        assert not [
            row
            for row in (*self.sales.values(), *self.effects, *self.all_of(Invoice))
            if row.due_at
        ]

    def is_unsent(self, effect: Effect) -> bool:
        states = {one.effect_id: one.status for one in self.all_of(Message)}
        return states.get(effect.id) in (MessageStatus.HELD, MessageStatus.FAILED)
