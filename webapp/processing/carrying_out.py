"""Effects are carried out: with their decision, or later by themselves or by hand."""

import logging

from webapp.attempts.reasons import error_words
from webapp.platform.database import db
from webapp.processing.claims import NotYet, backoff
from webapp.processing.effects import in_order, kind_of
from webapp.processing.effects.execution import Execution
from webapp.rules.core.engine import EffectPlan, params_to_json
from webapp.rules.models import Decision, Effect, EffectStatus

log = logging.getLogger(__name__)


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


def carry_out(effects: list[Effect], execution: Execution) -> None:
    """All of them or, when one raises, none: the caller's transaction is over then."""
    for effect in in_order(effects):
        _do(effect, execution)


def carry_out_each(effects: list[Effect], execution: Execution) -> None:
    """Each for itself: one that raises waits for its next try, and the sale goes on with the
    others."""
    for effect in in_order(effects):
        try:
            with db.session.begin_nested():
                _do(effect, execution)
        except Exception as error:
            _postpone(effect, execution, error)


def _do(effect: Effect, execution: Execution) -> None:
    if effect.is_unfinished:
        effect.finish(EffectStatus.DONE)
    kind_of(effect).do(execution, effect)


def _postpone(effect: Effect, execution: Execution, error: Exception) -> None:
    log.warning(
        "effect %s of sale %s failed",
        effect.kind,
        execution.sale.id,
        exc_info=None if isinstance(error, NotYet) else error,
    )
    # The savepoint took back what it had done to the membership.
    execution.batch.read_memberships([execution.sale])
    effect.postpone(execution.now + backoff(1), error_words(error))
    execution.batch.postponed.append((effect, error))
