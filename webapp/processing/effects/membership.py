"""The customer's membership, which an order begins, upgrades or brings back."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.audit.tracking import actor
from webapp.fulfilment.memberships.models import Membership, MembershipEvent, MembershipStatus
from webapp.fulfilment.memberships.terms import term_of
from webapp.http.formatting import shop_day
from webapp.platform.database import db
from webapp.processing.claims import NotYet
from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect


class MembershipEffect(EffectKind):
    """The membership goes back to what it was, unless a later change relies on this one: then a
    person decides."""

    icon = "heart-handshake"

    def do(self, execution: Execution, effect: Effect) -> None:
        customer, today = execution.sale.customer_id, shop_day(execution.now)
        plan = _plan(execution, effect)
        membership, term = execution.batch.membership_to_change(customer), term_of(plan)
        if membership:
            goes_on = membership.is_active and membership.plan == plan
            ends_on = term.renewed(membership.ends_on if goes_on else None, today)
            membership.activate(plan, today, ends_on, **_cause(execution, effect))
        else:
            ends_on, cause = term.last_day(today), _cause(execution, effect)
            membership = Membership.begin(customer, plan, today, ends_on, **cause)
            db.session.add(membership)
            execution.batch.memberships[customer] = membership

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        if effect.id in reversal.reversed or not reversal.is_back(effect):
            return
        twin = reversal.twin(effect)
        event = db.session.scalar(
            select(MembershipEvent).where(MembershipEvent.effect_id == effect.id)
        )
        membership = _locked(event) if event else None
        if event and membership and _is_last(event, membership):
            membership.go_back(event, sale_id=reversal.sale.id, effect=twin, actor=actor())
        else:
            reversal.open_task(twin, "membership_changed_since")


@register
class MembershipActivation(MembershipEffect):
    key = "membership_activation"
    name = done_words = _l("Membership activated")


@register
class MembershipReactivation(MembershipEffect):
    key = "membership_reactivation"
    name = done_words = _l("Membership reactivated")


@register
class MembershipUpgrade(MembershipEffect):
    """Waits until there is an active membership to upgrade."""

    key = "membership_upgrade"
    name = done_words = _l("Membership upgraded")
    waiting = {
        "no_active_membership": _l(
            "The customer has no active membership to upgrade. Give them one, then try again."
        ),
    }

    def do(self, execution: Execution, effect: Effect) -> None:
        membership = execution.batch.membership_to_change(execution.sale.customer_id)
        if membership is None or membership.status is not MembershipStatus.ACTIVE:
            raise NotYet("no_active_membership")
        membership.upgrade(_plan(execution, effect), **_cause(execution, effect))


def _plan(execution: Execution, effect: Effect) -> str:
    return execution.lines(effect)[0].product["plan"]


def _cause(execution: Execution, effect: Effect) -> dict:
    return {"sale_id": execution.sale.id, "effect": effect, "actor": actor()}


def _locked(event: MembershipEvent) -> Membership:
    return db.session.get_one(
        Membership, event.membership_id, with_for_update=True, populate_existing=True
    )


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
    now = membership.plan, membership.status, membership.since, membership.ends_on
    left = event.plan, event.status, event.since, event.ends_on
    return later is None and now == left
