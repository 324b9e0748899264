"""Two who undo a sale at the same moment, and a worker that is in the middle of it: what comes of
it is as if they had come one after the other."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.factories import api, make_sale, make_token, open_shop, work_off
from tests.support.claims import claim
from tests.support.processed_sales import agent, book, three_books
from tests.support.released_notes import hold_every_note, release_every_note
from tests.support.sale_reversals import cancel, commission, refund, stock
from webapp.invoices.models import Invoice, InvoiceEvent, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.platform.database import db as database
from webapp.processing.address_step import AddressStep
from webapp.processing.invoice_steps import BuildStep, SignStep
from webapp.processing.rules_step import RulesStep
from webapp.processing.send_step import SendStep
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import Refund, Sale, Status


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


@pytest.fixture
def callers(app, db):
    """Two managers, each with a client of their own."""
    token = make_token("manager")
    return [api(app.test_client(), token) for _who in range(2)]


def at_once(*acts: Callable) -> list:
    """What each answered; they begin at the same moment, in threads of their own."""
    database.session.rollback()
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def act(place: int):
        start.wait()
        answers[place] = acts[place]()

    threads = [threading.Thread(target=act, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert None not in answers
    return answers


@pytest.mark.both_databases
def test_two_cancellations(callers, db):
    sale = three_books().id
    answers = at_once(*(lambda calls=calls: cancel(calls, sale).status_code for calls in callers))
    assert answers == [200, 200] and stock("BOOK") == 10 and commission() == 0
    assert db.session.query(Effect).filter(Effect.event == "cancelled").count() == 3


@pytest.mark.both_databases
def test_two_refunds_of_the_last_units(callers, db):
    sale = three_books().id
    answers = at_once(
        *(lambda calls=calls: refund(calls, sale, (1, 2)).status_code for calls in callers)
    )
    assert sorted(answers) == [200, 422] and stock("BOOK") == 9
    assert db.session.scalars(select(Refund.number)).all() == [1]


@pytest.mark.both_databases
def test_one_refund_told_twice(callers, db):
    sale = three_books().id
    answers = at_once(
        *(
            lambda calls=calls: refund(calls, sale, (1, 1), Idempotency_Key="R").json["refund"][
                "number"
            ]
            for calls in callers
        )
    )
    assert answers == [1, 1] and stock("BOOK") == 8


@pytest.mark.both_databases
def test_a_cancellation_and_a_refund(callers, db):
    sale = three_books().id
    one, other = callers
    cancelled, refunded = at_once(
        lambda: cancel(one, sale).status_code, lambda: refund(other, sale, (1, 1)).status_code
    )
    assert cancelled == 200 and refunded in (200, 409)
    assert stock("BOOK") == 10 and commission() == 0


STEPS = {
    "address": AddressStep(),
    "rules": RulesStep(),
    "build": BuildStep(),
    "sign": SignStep(),
    "send": SendStep(),
}


@pytest.mark.parametrize("stage", STEPS)
def test_a_cancellation_while_a_worker_holds_the_sale(app, callers, db, stage):
    """The worker has claimed the row, the sale is cancelled, and then the worker writes what it
    found."""
    agent()
    sale = make_sale(agent="A1", lines=[{"sku": book(sku="BOOK", stock=10), "quantity": 3}]).id
    if stage == "sign":
        hold_every_note()
    for name, step in STEPS.items():
        if name == "sign":
            release_every_note()
        time.sleep(0.002)
        if name == stage:
            break
        step.run()
    token, ids = claim(step)
    answer = cancel(callers[0], sale)
    if stage == "send":
        assert answer.status_code == 409, "the answer of SEFAZ is not known yet"
        step._advance(token, ids)
        assert cancel(callers[0], sale).status_code == 200
    else:
        assert answer.status_code == 200
        step._advance(token, ids)
    work_off()
    db.session.rollback()
    found = db.session.get(Sale, sale, populate_existing=True)
    assert (found.status, found.due_at, stock("BOOK")) == (Status.CANCELLED, None, 10)
    assert (
        not commission()
        and db.session.query(Effect).filter(Effect.status == EffectStatus.PENDING).count() == 0
    )
    left = set(db.session.scalars(select(Invoice.status)))
    assert left <= ({InvoiceStatus.CANCELLED} if stage == "send" else {InvoiceStatus.DISCARDED})
    assert MessageStatus.PENDING not in set(db.session.scalars(select(Message.status)))


@pytest.mark.both_databases
@pytest.mark.parametrize("delay_ms", [0, 5, 15, 40])
def test_a_cancellation_in_the_rush_of_the_workers(app, callers, db, delay_ms):
    """Whatever the workers are at: the sale ends cancelled, with nothing left over, or the answer
    of SEFAZ comes first."""
    agent()
    sku = book(sku="BOOK", stock=20)
    sales = [make_sale(agent="A1", sku=sku).id for _number in range(6)]

    answered = threading.Event()

    def workers() -> bool:
        # A row that met the manager is tried once more a second later.
        end = time.monotonic() + 20
        with app.app_context():
            while (not answered.is_set() or _is_owed()) and time.monotonic() < end:
                work_off()
                time.sleep(0.01)
        return True

    def manager() -> list[int]:
        time.sleep(delay_ms / 1000)
        try:
            return [_until_answered(callers[0], sale) for sale in sales]
        finally:
            answered.set()

    _worked, answers = at_once(workers, manager)
    assert answers == [200] * 6 and stock("BOOK") == 20 and not commission()
    assert set(db.session.scalars(select(Sale.status))) == {Status.CANCELLED}
    assert not set(db.session.scalars(select(Invoice.status))) - {
        InvoiceStatus.CANCELLED,
        InvoiceStatus.DISCARDED,
    }


def _is_owed() -> bool:
    """Whether work is due, or will be."""
    database.session.rollback()
    models = (Sale, Invoice, InvoiceEvent, Effect)
    return any(
        database.session.scalar(select(model.id).where(model.due_at.is_not(None)).limit(1))
        for model in models
    )


def _until_answered(calls, sale: int) -> int:
    end = time.monotonic() + 10
    while (answer := cancel(calls, sale)).status_code == 409 and time.monotonic() < end:
        time.sleep(0.01)
    return answer.status_code
