"""Invoices for these tests, brought into each state by the shop's own steps."""

import re

from flask import current_app
from sqlalchemy import select

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support import worlds
from webapp.invoices.models import Invoice
from webapp.platform.database import db
from webapp.processing.pipeline import WORKED
from webapp.processing.send_step import SendStep
from webapp.rules.models import RuleSetVersion
from webapp.sales.models import Sale
from webapp.store.queries import the_shop

BAD_GTIN = "7891000100104"  # its last digit should be 3
_VERSION = re.compile(r'name="version" value="(\d+)"')


def invoice_of_sale(sale: Sale | int) -> Invoice:
    db.session.rollback()
    sale_id = sale if isinstance(sale, int) else sale.id
    return db.session.scalar(select(Invoice).where(Invoice.sale_id == sale_id))


@worlds.step
def review_everything() -> None:
    """The shop's policy: a person decides about every NF-e."""
    open_shop()
    the_shop().review_policy = "all"
    db.session.commit()


def in_review(**changes) -> Invoice:
    return invoice_of_sale(_sold("review", **changes))


def worked_off(**changes) -> Invoice:
    """The invoice of a new sale, as far as the background work brings it."""
    return invoice_of_sale(_sold("", **changes))


def authorized(**changes) -> Invoice:
    return invoice_of_sale(_sold("open", **changes))


@worlds.scene
def _sold(policy: str, **changes) -> int:
    if policy == "review":
        review_everything()
    elif policy == "open":
        open_shop()
    sale_id = make_sale(**changes).id
    work_off()
    return sale_id


def with_wrong_bar_code() -> Invoice:
    """Rejected by the checks: the product came with a bar code that our own form would refuse
    today."""
    open_shop()
    return worked_off(sku=_wrongly_coded())


@worlds.step
def _wrongly_coded() -> str:
    product = make_product()
    product.gtin = BAD_GTIN
    db.session.commit()
    return product.sku


@worlds.step
def hold_large_orders(total: str) -> None:
    version = db.session.scalar(select(RuleSetVersion).order_by(RuleSetVersion.id.desc()))
    rule = {
        "code": "large",
        "name": {"en": "Large orders wait", "pt_BR": "Pedidos grandes esperam"},
        "scope": "sale",
        "event": "paid",
        "when": {"field": "sale_total", "op": "gte", "value": total},
        "then": [{"do": "hold"}],
    }
    db.session.add(RuleSetVersion(rules=[*version.rules, rule], published_by="test", reason="test"))
    db.session.commit()


def version_on(client, invoice_id: int) -> str:
    """What the person's page says of the invoice's version."""
    return _VERSION.search(client.get(f"/invoices/{invoice_id}").text)[1]


def decide(client, invoice_id: int, action: str, version: str | None = None, **fields):
    """A form of the page, sent as a browser does."""
    fields["version"] = version or version_on(client, invoice_id)
    return client.post(f"/invoices/{invoice_id}/{action}", data=fields)


def sign_all() -> None:
    """Whatever is owed but the sending."""
    db.session.commit()
    steps = [station.step for station in WORKED if not isinstance(station.step, SendStep)]
    with current_app._get_current_object().app_context():
        while sum(step.run() for step in steps):
            pass
    db.session.expire_all()
