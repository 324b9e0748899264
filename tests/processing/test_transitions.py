"""A row enters only a state that its present one leads to, whatever verb sends it there."""

import pytest

from webapp.invoices.models import (
    EVENT_TRANSITIONS,
    INVOICE_TRANSITIONS,
    VOIDING_TRANSITIONS,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    Voiding,
)
from webapp.messages.models import MESSAGE_TRANSITIONS, Message
from webapp.platform.sliced import SLICE_TRANSITIONS
from webapp.platform.states import ForbiddenTransition
from webapp.rules.models import (
    DRAFT_TRANSITIONS,
    EFFECT_TRANSITIONS,
    Backtest,
    Effect,
    RuleDraft,
)
from webapp.sales.models import SHIPPING_TRANSITIONS, STATUS_TRANSITIONS, Sale, Shipping, Status

# By the model, its column and the one setter of it.
MACHINES = [
    (Sale, "status", Sale._enter, STATUS_TRANSITIONS),
    (Sale, "shipping", Sale.move_parcel, SHIPPING_TRANSITIONS),
    (Invoice, "status", Invoice._enter, INVOICE_TRANSITIONS),
    (InvoiceEvent, "status", InvoiceEvent._enter, EVENT_TRANSITIONS),
    (Voiding, "status", Voiding._enter, VOIDING_TRANSITIONS),
    (Effect, "status", Effect._enter, EFFECT_TRANSITIONS),
    (Message, "status", Message._enter, MESSAGE_TRANSITIONS),
    (RuleDraft, "status", RuleDraft._enter, DRAFT_TRANSITIONS),
    (Backtest, "status", Backtest._enter, SLICE_TRANSITIONS),
]
PAIRS = [
    pytest.param(
        model, column, enter, old, new, new in allowed[old], id=f"{model.__name__}-{old}-{new}"
    )
    for model, column, enter, allowed in MACHINES
    for old in allowed
    for new in type(old)
]


@pytest.mark.parametrize("allowed", [machine[3] for machine in MACHINES])
def test_every_state_says_where_it_leads(allowed):
    (states,) = {type(state) for state in allowed}
    assert set(allowed) == set(states)


@pytest.mark.parametrize(("model", "column", "enter", "old", "new", "is_allowed"), PAIRS)
def test_a_state_is_entered_only_from_one_that_leads_to_it(
    model, column, enter, old, new, is_allowed
):
    row = model(**{column: old})
    if is_allowed:
        enter(row, new)
        assert getattr(row, column) is new
    else:
        with pytest.raises(ForbiddenTransition, match=f"{old} does not lead to {new}"):
            enter(row, new)
        assert getattr(row, column) is old


def test_each_state_but_the_first_can_be_reached():
    for allowed, first in (
        (STATUS_TRANSITIONS, {Status.OPEN}),
        (SHIPPING_TRANSITIONS, {Shipping.NONE}),
        (INVOICE_TRANSITIONS, {InvoiceStatus.PENDING}),
    ):
        reached = first.union(*allowed.values())
        assert reached == set(allowed)


def test_what_is_over_stays_over():
    over = {status for status, following in STATUS_TRANSITIONS.items() if not following}
    assert over == {Status.CANCELLED}
    ends = [status for status in Status if status.is_final and status is not Status.INVOICED]
    assert all(STATUS_TRANSITIONS[status] <= {Status.CANCELLED} for status in ends)
    # Its NF-e may be cancelled and another one issued.
    assert STATUS_TRANSITIONS[Status.INVOICED] == {Status.ATTENTION, Status.CANCELLED}
