"""A shop's past in bulk: sales that were decided, with facts as a decision freezes them, and drafts
that would change them."""

import datetime as dt
import random
from decimal import Decimal

from sqlalchemy import select

from tests.support.rule_facts import (
    AGENTS,
    DISC_PAIRS,
    PRODUCTS,
    STREAM_PAIRS,
    TODAY,
    catalog,
    day_one,
    line,
    sale,
)
from webapp.customers.models import Agent, Customer
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.fields import facts_to_json
from webapp.rules.models import Decision, DraftStatus, RuleDraft, RuleSetVersion
from webapp.rules.queries import published
from webapp.sales.models import PaymentMethod, Sale, Status

AT_ONCE = 5000
RULES = day_one_rules(DISC_PAIRS, STREAM_PAIRS)


def random_past(number: int, seed: int = 5) -> list[dict]:
    """The frozen facts of that many sales of one to four lines, four of five with an agent."""
    chance, rules = random.Random(seed), day_one()
    skus, found = list(PRODUCTS), []
    for _sale in range(number):
        lines = [
            line(place, chance.choice(skus), chance.randint(1, 3))
            for place in range(1, chance.choice((2, 2, 3, 5)))
        ]
        whole = sale(lines, chance.choice([None, "A1", "A1", "A2", "A3"]))
        added = rules.decide(whole, lines, catalog, TODAY).added
        found.append(
            {
                "sale": facts_to_json(whole),
                "lines": [facts_to_json(each) for each in [*lines, *added]],
            }
        )
    return found


def keep_past(
    number: int, every: dt.timedelta = dt.timedelta(minutes=1), variety: int = 2000
) -> None:
    """That many paid sales with their decisions, the last one paid just now and the others `every`
    so long before. Their facts come again after `variety` of them."""
    customer = Customer(name="Rosa Almeida", document="11144477735", email="", phone="")
    version = RuleSetVersion(rules=RULES, published_by="system", reason="The past")
    agents = [
        Agent(code=code, name=f"Agent {code}", commission_percent=Decimal(percent))
        for code, percent in AGENTS.items()
    ]
    db.session.add_all([customer, version, *agents])
    db.session.flush()
    facts, now = random_past(min(number, variety)), utc_now()
    for first in range(0, number, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, number))
        sales = [
            _sale(place, now - every * (number - 1 - place), facts[place % variety], customer)
            for place in numbers
        ]
        db.session.execute(Sale.__table__.insert(), sales)
        kept = db.session.execute(
            select(Sale.id, Sale.paid_at).order_by(Sale.id.desc()).limit(len(sales))
        ).all()
        db.session.execute(
            Decision.__table__.insert(),
            [
                {
                    "sale_id": sale_id,
                    "event": "paid",
                    "rule_set_id": version.id,
                    "facts": facts[place % variety],
                    "outcomes": [],
                    "decided_at": paid_at,
                }
                for place, (sale_id, paid_at) in zip(numbers, reversed(kept), strict=True)
            ],
        )
    db.session.commit()


def _sale(place: int, paid_at: dt.datetime, facts: dict, customer: Customer) -> dict:
    return {
        "reference": f"PAST-{place}",
        "status": Status.INVOICED,
        "payment_method": PaymentMethod.PIX,
        "paid_at": paid_at,
        "total": Decimal(facts["sale"]["sale_total"]),
        "agent_code": facts["sale"]["agent_id"],
        "customer_id": customer.id,
        "customer_name": customer.name,
        "customer_document": customer.document,
        "customer_taxpayer": customer.taxpayer,
    }


def changed(code: str, **changes) -> list[dict]:
    """The published rules with one of them changed."""
    return [raw | changes if raw["code"] == code else raw for raw in published().rules]


def open_draft_of(rules: list[dict]) -> RuleDraft:
    draft = RuleDraft(base_id=published().id, rules=rules, authors=[], status=DraftStatus.OPEN)
    db.session.add(draft)
    db.session.commit()
    return draft
