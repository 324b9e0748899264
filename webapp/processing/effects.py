"""What each kind of effect does inside the house: from its own row and its sale alone, nothing is
judged again."""

import datetime as dt
import logging
from decimal import Decimal

from webapp.audit.tracking import actor
from webapp.catalog.models import OutOfStock, move_stock
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.http.formatting import shop_day
from webapp.messages.queries import compose
from webapp.platform.database import db
from webapp.platform.money import ZERO, cents, percent_of
from webapp.processing.claims import NotYet, backoff
from webapp.processing.facts import BatchContext
from webapp.rules.core.engine import EffectPlan, params_to_json
from webapp.rules.models import Decision, Effect, EffectStatus
from webapp.sales.models import Sale, SaleLine, Shipping
from webapp.sales.placing import mark_sold, sale_line

log = logging.getLogger(__name__)
DELIVERY_DAYS = 15


def effect_of(plan: EffectPlan, decision: Decision) -> Effect:
    """The row that a plan becomes: all that it takes to carry it out, now or later."""
    return Effect(
        decision=decision,
        sale_id=decision.sale_id,
        event=decision.event,
        kind=plan.kind,
        target=plan.target,
        rule=plan.rule,
        params=params_to_json(plan.params) | {"lines": plan.lines},
        amount=plan.amount,
        status=EffectStatus.DONE,
    )


def in_order(effects: list[Effect]) -> list[Effect]:
    """Gifts first: the packing slip and the e-mails tell of their lines."""
    return sorted(effects, key=lambda effect: effect.kind != "add_item")


class Execution:
    """Carries out effects of one sale. `held`: a rule keeps the sale from doing anything outside
    the house. `late`: the sale went on without them."""

    def __init__(
        self, sale: Sale, batch: BatchContext, now: dt.datetime, held: bool, late: bool = False
    ):
        self.sale, self.batch, self.now, self.held, self.late = sale, batch, now, held, late
        self.month = shop_day(sale.paid_at).strftime("%Y-%m")

    def carry_out(self, effects: list[Effect]) -> None:
        """All of them or, when one raises, none: the caller's transaction is over then."""
        for effect in in_order(effects):
            self._do(effect)

    def carry_out_each(self, effects: list[Effect]) -> None:
        """Each for itself: one that raises waits for its next try, and the sale goes on with the
        others."""
        for effect in in_order(effects):
            try:
                with db.session.begin_nested():
                    self._do(effect)
            except Exception as error:
                log.warning(
                    "effect %s of sale %s failed",
                    effect.kind,
                    self.sale.id,
                    exc_info=None if isinstance(error, NotYet) else error,
                )
                self.batch.read_memberships([self.sale])
                effect.postpone(self.now + backoff(1), f"{type(error).__name__}: {error}")

    def _do(self, effect: Effect) -> None:
        effect.stand(EffectStatus.DONE)
        DO[effect.kind](self, effect)

    def _lines(self, effect: Effect) -> list[SaleLine]:
        """The lines it is about, without a gift that could not be added."""
        lines = {line.position: line for line in self.sale.lines}
        return [lines[number] for number in effect.params["lines"] if number in lines]

    # -- one method for each kind
    # -------------------------------------------------------------------

    def add_item(self, effect: Effect) -> None:
        params = effect.params
        if params.get("missing"):
            self._task(effect, "gift_out_of_stock", sku=params["sku"])
        elif self.late:
            self._task(effect, "gift_left_out", sku=params["sku"])
        else:
            self._add_gift(effect, params["line"], params["sku"], params["quantity"])

    def _add_gift(self, effect: Effect, position: int, sku: str, quantity: int) -> None:
        product = self.batch.product(sku)
        if product.kind.is_goods:
            try:
                move_stock(db.session, product.id, sku, -quantity, "gift", self.sale)
            except OutOfStock:
                # Somebody took the last one since the rules were judged.
                self._task(effect, "gift_out_of_stock", sku=sku)
                return
        line = sale_line(position, product, quantity, gift=True)
        line.product = line.product | {"rule": effect.rule}
        mark_sold(product)
        self.sale.lines.append(line)

    def packing_slip(self, effect: Effect) -> None:
        items = self._lines(effect)
        db.session.add(
            PackingSlip(
                sale_id=self.sale.id,
                items=[
                    {
                        "line": item.position,
                        "sku": item.sku,
                        "name": item.name,
                        "quantity": item.quantity,
                        "weight_g": item.product["weight_g"] * item.quantity,
                    }
                    for item in items
                ],
                weight_g=sum(item.product["weight_g"] * item.quantity for item in items),
                expected_delivery=shop_day(self.sale.paid_at) + dt.timedelta(days=DELIVERY_DAYS),
                royalty_copy=any(item.royalty_percent and not item.gift for item in items),
                released_at=None if self.held else self.now,
            )
        )
        self.sale.shipping = Shipping.TO_PACK

    def royalty_slip(self, effect: Effect) -> None:
        (line,) = self._lines(effect)
        percent = line.royalty_percent or ZERO
        effect.amount = percent_of(line.total, percent)
        db.session.add(
            RoyaltySlip(
                sale_id=self.sale.id,
                effect=effect,
                month=self.month,
                sku=line.sku,
                name=line.name,
                author=line.product["author"],
                quantity=line.quantity,
                base=line.total,
                percent=percent,
                amount=effect.amount,
            )
        )

    def commission(self, effect: Effect) -> None:
        (line,) = self._lines(effect)
        percent = effect.params["percent"]
        db.session.add(
            Commission(
                sale_id=self.sale.id,
                effect=effect,
                month=self.month,
                agent_code=self.sale.agent_code,
                agent_name=self.sale.agent_name,
                sku=line.sku,
                base=line.total,
                percent=self.sale.agent_percent if percent == "agent" else cents(Decimal(percent)),
                amount=effect.amount,
            )
        )

    def membership(self, effect: Effect) -> None:
        plan = self._lines(effect)[0].product["plan"]
        today, cause = (
            shop_day(self.now),
            {"sale_id": self.sale.id, "effect": effect, "actor": actor()},
        )
        membership = self.batch.membership_to_change(self.sale.customer_id)
        if effect.kind == "membership_upgrade":
            if membership is None or membership.status is not MembershipStatus.ACTIVE:
                raise NotYet("no_active_membership")
            membership.upgrade(plan, **cause)
        elif membership:
            membership.activate(plan, today, **cause)
        else:
            membership = Membership.begin(self.sale.customer_id, plan, today, **cause)
            db.session.add(membership)
            self.batch.memberships[self.sale.customer_id] = membership

    def email(self, effect: Effect) -> None:
        if not self.sale.customer_email:
            self._task(effect, "customer_without_email", template=effect.params["template"])
            return
        params = {
            "items": [
                {"name": line.name, "url": line.product["video_url"], "plan": line.product["plan"]}
                for line in self._lines(effect) or self.sale.lines
            ]
        }
        compose(self.sale, effect.params["template"], params, self.now, self.held, effect)

    def task(self, effect: Effect) -> None:
        self._task(
            effect,
            effect.params["text_code"],
            sku=", ".join(line.sku for line in self._lines(effect)),
        )

    def nothing(self, effect: Effect) -> None:
        """`hold` and `approve` are read from the decision when the NF-e is prepared."""

    def _task(self, effect: Effect, code: str, **params) -> None:
        params |= {"customer": self.sale.customer_name, "reference": self.sale.reference}
        db.session.add(Task(sale_id=self.sale.id, effect=effect, code=code, params=params))


DO = {
    "add_item": Execution.add_item,
    "packing_slip": Execution.packing_slip,
    "royalty_slip": Execution.royalty_slip,
    "commission": Execution.commission,
    "membership_activation": Execution.membership,
    "membership_upgrade": Execution.membership,
    "membership_reactivation": Execution.membership,
    "email": Execution.email,
    "task": Execution.task,
    "hold": Execution.nothing,
    "approve": Execution.nothing,
}
