"""What each kind of effect does inside the house. All of a decision's effects happen in its own transaction."""

import datetime as dt

from webapp.catalog.models import move_stock
from webapp.extensions import db
from webapp.formatting import shop_day
from webapp.fulfilment.models import Commission, Membership, MembershipStatus, PackingSlip, RoyaltySlip, Task
from webapp.messages.queries import compose
from webapp.money import ZERO, percent_of
from webapp.processing.facts import House
from webapp.rules.engine import EffectPlan, params_to_json
from webapp.rules.models import Decision, Effect
from webapp.sales.models import Sale, Shipping
from webapp.sales.services import mark_sold, sale_line

DELIVERY_DAYS = 15


class Execution:
    """Carries out one sale's plans. `held`: a rule keeps the sale from doing anything outside the house."""

    def __init__(self, sale: Sale, decision: Decision, house: House, now: dt.datetime, held: bool):
        self.sale, self.decision, self.house, self.now, self.held = sale, decision, house, now, held
        self.month = shop_day(sale.paid_at).strftime("%Y-%m")
        self.lines = {line.position: line for line in sale.lines}

    def carry_out(self, plans: list[EffectPlan]) -> None:
        # Gifts first: the packing slip and the e-mails tell of their lines.
        for plan in sorted(plans, key=lambda plan: plan.kind != "add_item"):
            effect = Effect(
                decision=self.decision, sale_id=self.sale.id, event=self.decision.event, kind=plan.kind,
                target=plan.target, rule=plan.rule, params=params_to_json(plan.params) | {"lines": plan.lines},
                amount=plan.amount,
            )
            db.session.add(effect)
            DO[plan.kind](self, plan, effect)

    # -- one method for each kind -------------------------------------------------------------------

    def add_item(self, plan: EffectPlan, effect: Effect) -> None:
        if plan.params.get("missing"):
            self._task(effect, "gift_out_of_stock", sku=plan.params["sku"])
            return
        product = self.house.product(plan.params["sku"])
        line = sale_line(plan.params["line"], product, plan.params["quantity"], gift=True)
        line.product = line.product | {"rule": plan.rule}
        mark_sold(product)
        self.sale.lines.append(line)
        self.lines[line.position] = line
        if product.kind.is_goods:
            move_stock(db.session, product.id, product.sku, -line.quantity, f"gift in {self.sale.reference}", self.sale)

    def packing_slip(self, plan: EffectPlan, effect: Effect) -> None:
        items = [self.lines[number] for number in plan.lines]
        db.session.add(PackingSlip(
            sale_id=self.sale.id,
            items=[
                {"line": item.position, "sku": item.sku, "name": item.name, "quantity": item.quantity,
                 "weight_g": item.product["weight_g"] * item.quantity}
                for item in items
            ],
            weight_g=sum(item.product["weight_g"] * item.quantity for item in items),
            expected_delivery=shop_day(self.sale.paid_at) + dt.timedelta(days=DELIVERY_DAYS),
            royalty_copy=any(item.royalty_percent and not item.gift for item in items),
            released_at=None if self.held else self.now,
        ))
        self.sale.shipping = Shipping.TO_PACK

    def royalty_slip(self, plan: EffectPlan, effect: Effect) -> None:
        line = self.lines[plan.lines[0]]
        percent = line.royalty_percent or ZERO
        effect.amount = percent_of(line.total, percent)
        db.session.add(RoyaltySlip(
            sale_id=self.sale.id, effect=effect, month=self.month, sku=line.sku, name=line.name,
            author=line.product["author"], quantity=line.quantity, base=line.total, percent=percent,
            amount=effect.amount,
        ))

    def commission(self, plan: EffectPlan, effect: Effect) -> None:
        line = self.lines[plan.lines[0]]
        percent = plan.params["percent"]
        db.session.add(Commission(
            sale_id=self.sale.id, effect=effect, month=self.month, agent_code=self.sale.agent_code,
            agent_name=self.sale.agent_name, sku=line.sku, base=line.total,
            percent=self.sale.agent_percent if percent == "agent" else percent, amount=plan.amount,
        ))

    def membership(self, plan: EffectPlan, effect: Effect) -> None:
        plan_name = self.lines[plan.lines[0]].product["plan"]
        membership = self.house.memberships.get(self.sale.customer_id)
        if plan.kind == "membership_upgrade":
            membership.upgrade(plan_name)
            return
        today = shop_day(self.now)
        if membership is None:
            membership = Membership(customer_id=self.sale.customer_id, plan=plan_name, since=today,
                                    status=MembershipStatus.ACTIVE)
            db.session.add(membership)
            self.house.memberships[self.sale.customer_id] = membership
        membership.activate(plan_name, today)

    def email(self, plan: EffectPlan, effect: Effect) -> None:
        if not self.sale.customer_email:
            self._task(effect, "customer_without_email", template=plan.params["template"])
            return
        lines = [self.lines[number] for number in plan.lines]
        params = {
            "items": [{"name": line.name, "url": line.product["video_url"], "plan": line.product["plan"]} for line in lines]
        }
        compose(self.sale, plan.params["template"], params, self.now, self.held)

    def task(self, plan: EffectPlan, effect: Effect) -> None:
        skus = ", ".join(self.lines[number].sku for number in plan.lines)
        self._task(effect, plan.params["text_code"], sku=skus)

    def nothing(self, plan: EffectPlan, effect: Effect) -> None:
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
