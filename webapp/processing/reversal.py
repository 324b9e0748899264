"""Undoes what a sale's effects have recorded, as far as its units came back. Driven by those
records, never by today's rules; each undoing is an effect of its own, a twin that names the one it
`reverses`."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from functools import cached_property

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.audit.tracking import actor
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.http.formatting import shop_day
from webapp.messages.models import Message
from webapp.platform.database import db
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import Refund, Sale, SaleLine, Shipping

CANCELLED = "cancelled"


def refund_event(number: int) -> str:
    return f"refund:{number}"


class Reversal:
    """One event of a sale that takes back what its effects did.

    Of a commission or royalty as much is taken back as the refunded units' share of what was
    recorded, so that with the last unit both balance to the cent. What has no parts (a gift, a
    membership) is undone with the last unit of its lines.
    """

    def __init__(self, sale: Sale, event: str, now: dt.datetime):
        self.sale, self.event, self.now = sale, event, now
        self.whole = event == CANCELLED
        self.month = shop_day(now).strftime("%Y-%m")
        self.lines = {line.position: line for line in sale.lines}
        # Units that come back with this event, by line; gifts join them.
        self.units: Counter[int] = Counter()
        # Units by line, and effects, that earlier events have reversed.
        self.reversed_units: Counter[int] = Counter()
        self.reversed: set[int] = set()
        self.effects: list[Effect] = []
        self._read_effects()

    @classmethod
    def catch_up(cls, sale: Sale, now: dt.datetime) -> None:
        """An effect that came late is reversed as far as units were refunded before it."""
        if any(line.refunded for line in sale.lines):
            numbers = (
                select(Refund.number)
                .where(Refund.sale_id == sale.id)
                .order_by(Refund.number.desc())
                .limit(1)
            )
            cls(sale, refund_event(db.session.scalar(numbers)), now).run({})

    def run(self, units: dict[int, int]) -> None:
        """`units` come back by line's position: what the lines' `refunded` count already or,
        cancelled, all that is left."""
        self.units.update(units)
        for effect in self.effects:
            if effect.is_unfinished and self._is_back(effect):
                self._drop(effect)
            elif effect.status is EffectStatus.DONE:
                UNDO[effect.kind](self, effect)

    # -- what is there
    # ------------------------------------------------------------------------------

    def _read_effects(self) -> None:
        """Gifts first, since slips and e-mails are about their lines too; then the last one done
        first."""
        for effect in db.session.scalars(
            select(Effect).where(Effect.sale_id == self.sale.id).order_by(Effect.id.desc())
        ):
            if effect.reverses is None:
                self.effects.append(effect)
            else:
                self.reversed.add(effect.reverses)
                self.reversed_units[effect.reverses] += effect.params.get("units", 0)
        self.effects.sort(key=lambda effect: effect.kind != "add_item")

    def _by_effect(self, model, lock: bool = False) -> dict[int, object]:
        query = (
            select(model)
            .where(model.sale_id == self.sale.id, model.effect_id.is_not(None))
            .order_by(model.id)
        )
        return {
            row.effect_id: row
            for row in db.session.scalars(query.with_for_update(of=model) if lock else query)
        }

    @cached_property
    def commissions(self) -> dict[int, Commission]:
        return self._by_effect(Commission)

    @cached_property
    def royalties(self) -> dict[int, RoyaltySlip]:
        return self._by_effect(RoyaltySlip)

    @cached_property
    def tasks(self) -> dict[int, Task]:
        return self._by_effect(Task, lock=True)

    @cached_property
    def messages(self) -> dict[int, Message]:
        return self._by_effect(Message, lock=True)

    def _back(self, line: SaleLine) -> int:
        """Units of the line that came back, in all."""
        return line.quantity if self.whole else line.refunded

    def _is_back(self, effect: Effect) -> bool:
        """Whether all units of all its lines came back; an effect of no line is of all that were
        bought."""
        numbers = effect.params["lines"] or [
            line.position for line in self.sale.lines if not line.gift
        ]
        return all(
            self._back(self.lines[number]) == self.lines[number].quantity
            for number in numbers
            if number in self.lines
        )

    # -- how it is undone
    # ---------------------------------------------------------------------------

    def _drop(self, effect: Effect) -> None:
        """It had not happened yet, and now never does."""
        message = self.messages.get(effect.id)
        if message:
            message.cancel()
        else:
            effect.stand(EffectStatus.CANCELLED)

    def _twin(self, effect: Effect, amount: Decimal | None = None, **params) -> Effect:
        twin = Effect(
            decision_id=effect.decision_id,
            sale_id=self.sale.id,
            event=self.event,
            kind=effect.kind,
            target=effect.target,
            rule=effect.rule,
            params=effect.params | params,
            amount=amount,
            reverses=effect.id,
            status=EffectStatus.DONE,
        )
        db.session.add(twin)
        return twin

    def _part(self, effect: Effect) -> tuple[SaleLine, int, int] | None:
        """Its line, the units reversed before, and those to be reversed in all; None when there is
        nothing to do."""
        line = self.lines[effect.params["lines"][0]]
        before, after = self.reversed_units[effect.id], self._back(line)
        return (line, before, after) if after > before else None

    def commission(self, effect: Effect) -> None:
        part, record = self._part(effect), self.commissions[effect.id]
        if part:
            twin = self._twin(effect, -_between(effect.amount, *part), units=part[2] - part[1])
            db.session.add(
                Commission(
                    sale_id=self.sale.id,
                    effect=twin,
                    month=self.month,
                    agent_code=record.agent_code,
                    agent_name=record.agent_name,
                    sku=record.sku,
                    base=-_between(record.base, *part),
                    percent=record.percent,
                    amount=twin.amount,
                )
            )

    def royalty_slip(self, effect: Effect) -> None:
        part, record = self._part(effect), self.royalties[effect.id]
        if part:
            twin = self._twin(effect, -_between(effect.amount, *part), units=part[2] - part[1])
            db.session.add(
                RoyaltySlip(
                    sale_id=self.sale.id,
                    effect=twin,
                    month=self.month,
                    sku=record.sku,
                    name=record.name,
                    author=record.author,
                    quantity=part[1] - part[2],
                    base=-_between(record.base, *part),
                    percent=record.percent,
                    amount=twin.amount,
                )
            )

    def add_item(self, effect: Effect) -> None:
        gift = self.lines.get(effect.params.get("line"))
        is_back = self._is_back(effect) or (gift is not None and self._back(gift) == gift.quantity)
        if effect.id in self.reversed or not is_back:
            return
        self._twin(effect)
        self._close_task(effect)
        if gift and not self.whole:
            self.units[gift.position] += gift.left
            gift.refunded = gift.quantity

    def packing_slip(self, effect: Effect) -> None:
        slip = db.session.scalars(
            select(PackingSlip).where(PackingSlip.sale_id == self.sale.id).with_for_update()
        ).one()
        if self.sale.has_shipped:
            off = [
                item | {"quantity": self.units[item["line"]]}
                for item in slip.items
                if self.units[item["line"]]
            ]
            code = "goods_to_come_back"
        else:
            was_packed = self.sale.shipping is Shipping.PACKED
            off = (
                slip.items
                if self.whole
                else slip.keep({line.position: line.left for line in self.sale.lines})
            )
            code = was_packed and ("unpack" if self.whole else "repack")
        if off:
            twin = self._twin(
                effect, items=[{"line": item["line"], "quantity": item["quantity"]} for item in off]
            )
            if code:
                words = ", ".join(f"{item['quantity']} × {item['sku']}" for item in off)
                open_task(self.sale, code, twin, items=words)

    def membership(self, effect: Effect) -> None:
        if effect.id in self.reversed or not self._is_back(effect):
            return
        twin = self._twin(effect)
        event = db.session.scalar(
            select(MembershipEvent).where(MembershipEvent.effect_id == effect.id)
        )
        membership = event and db.session.get_one(
            Membership, event.membership_id, with_for_update=True, populate_existing=True
        )
        if event and _is_last(event, membership):
            membership.go_back(event, sale_id=self.sale.id, effect=twin, actor=actor())
        else:
            open_task(self.sale, "membership_changed_since", twin)

    def email(self, effect: Effect) -> None:
        """What went out stays out."""
        if self._is_back(effect):
            self._close_task(effect)

    def task(self, effect: Effect) -> None:
        if effect.id not in self.reversed and self._is_back(effect) and self._close_task(effect):
            self._twin(effect)

    def nothing(self, effect: Effect) -> None:
        """Whether somebody had to look at it first matters no more."""

    def _close_task(self, effect: Effect) -> bool:
        task = self.tasks.get(effect.id)
        if task is None or task.done_at:
            return False
        task.complete(_("order cancelled") if self.whole else _("order refunded"), self.now)
        return True


UNDO = {
    "commission": Reversal.commission,
    "royalty_slip": Reversal.royalty_slip,
    "add_item": Reversal.add_item,
    "packing_slip": Reversal.packing_slip,
    "membership_activation": Reversal.membership,
    "membership_upgrade": Reversal.membership,
    "membership_reactivation": Reversal.membership,
    "email": Reversal.email,
    "task": Reversal.task,
    "hold": Reversal.nothing,
    "approve": Reversal.nothing,
}


def _between(amount: Decimal, line: SaleLine, before: int, after: int) -> Decimal:
    """What of an amount of the whole line the units from `before` to `after` make up."""
    return line.share(amount, after) - line.share(amount, before)


def _is_last(event: MembershipEvent, membership: Membership) -> bool:
    """Whether the membership is as the event left it and no later change, of those that still hold,
    relies on it."""
    undone = select(Effect.reverses).where(Effect.reverses == MembershipEvent.effect_id).exists()
    later = db.session.scalar(
        select(MembershipEvent.id)
        .where(
            MembershipEvent.membership_id == membership.id,
            MembershipEvent.id > event.id,
            MembershipEvent.kind != "reversed",
            ~undone,
        )
        .limit(1)
    )
    now = membership.plan, membership.status, membership.since
    return later is None and now == (event.plan, event.status, event.since)


def open_task(sale: Sale, code: str, effect: Effect | None = None, **params) -> None:
    """Something that came of a cancellation or refund and that only a person can settle."""
    params |= {"customer": sale.customer_name, "reference": sale.reference}
    db.session.add(Task(sale_id=sale.id, effect=effect, code=code, params=params))
