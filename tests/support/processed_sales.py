"""Sales that went all their way, for tests of what the rules brought about."""

from contextlib import contextmanager
from decimal import Decimal

from sqlalchemy import event

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support import worlds
from webapp.customers.models import Agent
from webapp.platform.database import db
from webapp.platform.money import cents
from webapp.rules.models import RuleSetVersion
from webapp.sales.models import Sale

PLACE = {"zip_code": "01001-000", "number": "101"}


def sold(*skus: str, **changes) -> Sale:
    """A paid sale of one unit each, processed as far as it goes by itself."""
    changes = {"address": PLACE, "lines": [{"sku": sku, "quantity": 1} for sku in skus]} | changes
    return db.session.get_one(Sale, _sold(**changes))


@worlds.scene
def _sold(**changes) -> int:
    sale_id = make_sale(**changes).id
    work_off()
    return sale_id


def three_books(**facts) -> Sale:
    """Of one kind, which an agent sold."""
    return db.session.get_one(Sale, _three_books(**facts))


@worlds.scene
def _three_books(**facts) -> int:
    sku = book(sku="BOOK", stock=10, **facts)
    return sold(agent=agent(), lines=[{"sku": sku, "quantity": 3}]).id


def book(**facts) -> str:
    return make_product(
        **{
            "kind": "book",
            "ncm": "49019900",
            "price": "100.00",
            "royalty_percent": "10.00",
            "author": "Lívia Prado",
        }
        | facts
    ).sku


@worlds.step
def agent(code: str = "A1", percent: str = "5.00", name: str = "Bruna Lima") -> str:
    db.session.add(Agent(code=code, name=name, commission_percent=cents(Decimal(percent))))
    db.session.commit()
    return code


@worlds.step
def publish(rules: list[dict], reason: str = "Looking closer") -> RuleSetVersion:
    """Of a number of its own: the app, which keeps compiled versions by number, serves many tests
    and their databases."""
    version = RuleSetVersion(
        id=next(worlds.versions), rules=rules, published_by="rosa@example.com", reason=reason
    )
    db.session.add(version)
    db.session.commit()
    return version


def shop_that_holds() -> None:
    """An issuer whose rules hold every order until a person releases it."""
    open_shop()
    rules = db.session.scalars(db.select(RuleSetVersion)).one().rules
    hold = {
        "code": "hold_all",
        "name": "Hold all",
        "scope": "sale",
        "event": "paid",
        "priority": 10,
        "valid_from": None,
        "valid_to": None,
        "enabled": True,
        "when": {"field": "sale_total", "op": "gte", "value": "0.00"},
        "then": [{"do": "hold"}],
        "examples": [],
    }
    publish([*rules, hold])


@contextmanager
def counted():
    """The SQL statements of the block, in a list."""
    said = []

    def note(_connection, _cursor, statement, *_others):
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
