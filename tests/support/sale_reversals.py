"""Sales and what is asked about them once they were undone."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import func, select, update

from tests.factories import api, make_product, make_token
from tests.support.processed_sales import publish
from webapp.catalog.models import Product
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.tasks.models import Task
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.models import Effect, RuleSetVersion
from webapp.sales.models import Sale


def manager(client):
    return api(client, make_token("manager"))


def cancel(calls, sale: Sale | int, reason: str = "changed their mind"):
    return calls.post(f"/sales/{_id(sale)}/cancellation", {"reason": reason})


def refund(
    calls, sale: Sale | int, *lines: tuple[int, int], reason: str = "damaged", **headers: str
):
    """(line, quantity) each."""
    asked = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return calls.post(f"/sales/{_id(sale)}/refunds", {"lines": asked, "reason": reason}, **headers)


def _id(sale: Sale | int) -> int:
    return sale if isinstance(sale, int) else sale.id


def told(calls, sale: Sale | int, kind: str) -> list[tuple[str, str | None, str]]:
    """(event, amount, status) of the effects of a kind."""
    effects = calls.get(f"/sales/{_id(sale)}/decision").json["effects"]
    return [
        (effect["event"], effect["amount"], effect["status"])
        for effect in effects
        if effect["kind"] == kind
    ]


def stock(sku: str) -> int:
    db.session.rollback()
    return db.session.scalar(select(Product.stock).where(Product.sku == sku))


def open_tasks() -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(select(Task.code).where(Task.done_at.is_(None)).order_by(Task.id))
    )


def commission() -> Decimal:
    db.session.rollback()
    return db.session.scalar(select(func.sum(Commission.amount)))


def effect_of(sale: Sale, kind: str, event: str = "paid") -> Effect:
    db.session.rollback()
    return db.session.scalars(
        select(Effect).where(Effect.sale_id == sale.id, Effect.kind == kind, Effect.event == event)
    ).one()


def make_due(sale: Sale) -> None:
    """As if the time until the sale's next try, and its effects', had passed."""
    past = utc_now() - dt.timedelta(seconds=1)
    for model, column in ((Sale, Sale.id), (Effect, Effect.sale_id)):
        db.session.execute(
            update(model).where(column == sale.id, model.due_at.is_not(None)).values(due_at=past)
        )
    db.session.commit()


def videos_with_a_gift(**gift) -> None:
    """VD-1 brings VD-2 as a gift."""
    make_product(sku="VD-1", kind="video", price="50.00", ncm="85234910")
    make_product(sku="VD-2", kind="video", price="30.00", ncm="85234910", **gift)
    publish(day_one_rules({"VD-1": "VD-2"}))


def own_rule(*then: dict, when: dict | None = None, scope: str = "line") -> None:
    """The rules in force with one more, which holds for every line of its kind unless `when` says
    otherwise."""
    rules = (
        db.session.scalars(select(RuleSetVersion).order_by(RuleSetVersion.id.desc())).first().rules
    )
    anything = {"field": "item_quantity" if scope == "line" else "sale_total", "op": "is_set"}
    publish(
        [
            *rules,
            {
                "code": "own_rule",
                "name": "Own rule",
                "scope": scope,
                "event": "paid",
                "priority": 5,
                "when": when or anything,
                "then": list(then),
            },
        ]
    )
