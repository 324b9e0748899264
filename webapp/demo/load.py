"""The demo shop: invented, with check digits that fit. Made through the same verbs that staff and
checkouts use."""

import datetime as dt
import json
from pathlib import Path

from sqlalchemy import exists, select

from webapp.audit.tracking import because
from webapp.catalog.forms import ProductIn
from webapp.catalog.product_edits import add_product
from webapp.customers.customer_edits import save_customer
from webapp.customers.forms import AgentIn, CustomerIn
from webapp.customers.models import Agent, Customer
from webapp.demo.incoming import send_supplier_note
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.http.forms import parse
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.models import RuleSetVersion
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import create_sale_once
from webapp.staff.models import Role, User
from webapp.staff.passwords import DEMO_PASSWORD, DEMO_USERS
from webapp.store.models import Partner
from webapp.store.partners.edits import save_partner
from webapp.store.partners.forms import PartnerIn
from webapp.store.queries import the_shop

SHOP = Path(__file__).with_name("shop.json")
NAMES = {
    "clerk": "Atendente Demo",
    "reviewer": "Fiscal Demo",
    "manager": "Gerente Demo",
    "admin": "Admin Demo",
    "accountant": "Contador Demo",
}
DISCS, STREAMS = {"VD-0001": "VD-0002"}, {"ST-0003": "ST-0002"}


def load_demo() -> bool:
    """Loads everything in one transaction; False when the database already holds a sale, product or
    person."""
    if any(
        db.session.scalar(select(exists().select_from(model))) for model in (Sale, Customer, User)
    ):
        return False
    data = json.loads(SHOP.read_text())
    with because("loja de demonstração"):
        _shop(data["shop"])
        _people()
        for partner in data["partners"]:
            save_partner(Partner(), parse(PartnerIn, partner))
        for product in data["products"]:
            add_product(parse(ProductIn, product))
        _customers(data)
        _rules(data["rules"])
        db.session.flush()
        for sale in orders(data):
            create_sale_once("demo", sale["reference"], parse(SaleIn, sale))
        send_supplier_note()
    db.session.commit()
    return True


def orders(data: dict) -> list[dict]:
    """The demo's sales as their shape reads them; their instalments are due from today on."""
    today = utc_now().date()
    return [
        sale | {"bills": [_bill(bill, today) for bill in sale.get("bills", [])]}
        for sale in data["sales"]
    ]


def _bill(bill: dict, today: dt.date) -> dict[str, str]:
    due = today + dt.timedelta(days=bill["due_in_days"])
    return {"due": due.isoformat(), "amount": bill["amount"]}


def _shop(facts: dict) -> None:
    shop = the_shop()
    for name, value in facts.items():
        setattr(shop, name, value)
    shop.close_guide()


def _people() -> None:
    """Everybody knows that they have one password: it is hashed once."""
    people = [
        User(email=f"{role}@balcao.example", name=NAMES[role], role=Role(role), active=True)
        for role in DEMO_USERS
    ]
    people[0].set_password(DEMO_PASSWORD)
    for person in people:
        person.password_hash = people[0].password_hash
    db.session.add_all(people)


def _customers(data: dict) -> None:
    for agent in data["agents"]:
        db.session.add(Agent(**parse(AgentIn, agent).model_dump()))
    customers = {}
    for facts in data["customers"]:
        name = facts.pop("id")
        customers[name] = save_customer(Customer(), parse(CustomerIn, facts))
    db.session.flush()
    for facts in data["memberships"]:
        _membership(facts, customers[facts["customer"]].id)


def _membership(facts: dict, customer_id: int) -> None:
    """With its history: it began on its first day, and some have lapsed by now."""
    since = dt.date.fromisoformat(facts["since"])
    began = dt.datetime.combine(since, dt.time(15), dt.UTC)
    membership = Membership.begin(customer_id, facts["plan"], since, actor="demo", at=began)
    if MembershipStatus(facts["status"]) is MembershipStatus.LAPSED:
        membership.lapse("Não renovada", "demo")
    db.session.add(membership)


def _rules(own: list) -> None:
    """The day-one rules with the demo's two videos chosen, and the demo's own rules."""
    db.session.add(
        RuleSetVersion(
            rules=day_one_rules(DISCS, STREAMS) + own,
            published_by="demo",
            reason="Regras da loja de demonstração",
        )
    )
