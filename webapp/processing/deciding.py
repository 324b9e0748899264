"""The rules in force are asked about a sale: the decision with its frozen facts, and the rows of
its effects, not carried out yet."""

import datetime as dt
from collections.abc import Sequence

from webapp.platform.database import db
from webapp.processing.carrying_out import effect_of
from webapp.processing.effects import in_order
from webapp.processing.facts import BatchContext, line_facts, sale_facts
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.events import PAID
from webapp.rules.core.fields import facts_to_json
from webapp.rules.models import Decision, Effect
from webapp.sales.models import Sale, SaleLine


def decide(
    sale: Sale,
    lines: Sequence[SaleLine],
    batch: BatchContext,
    rule_set: RuleSet,
    on: dt.date,
    now: dt.datetime,
    kind: str = PAID,
    event: str = PAID,
) -> tuple[Decision, list[Effect]]:
    """`on`: the day the rules are judged by; `kind`: what is heard;
    `event` tells it from others of its kind."""
    facts, of_lines = sale_facts(sale, batch), [line_facts(line) for line in lines]
    verdict = rule_set.decide(facts, of_lines, batch.gift_facts, on, kind)
    decision = Decision(
        sale_id=sale.id,
        event=event,
        rule_set_id=rule_set.version,
        decided_at=now,
        facts={
            "sale": facts_to_json(facts),
            "lines": [facts_to_json(line) for line in [*of_lines, *verdict.added]],
        },
        outcomes=verdict.to_json()["rules"],
    )
    db.session.add(decision)
    effects = [effect_of(plan, decision) for plan in in_order(verdict.effects)]
    db.session.add_all(effects)
    return decision, effects
