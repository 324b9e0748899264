"""One row that ends whichever process works on it: it alone is given to a person, in words; the
others go on. Restarts from outside are nobody's fault."""

import datetime as dt
import os
import traceback

import pytest
from sqlalchemy import select, update

from tests.factories import CUSTOMER, make_product, make_sale, open_shop, work_off
from tests.support.released_notes import hold_every_note, release_every_note
from webapp.invoices.issues import ENDED_PROCESS, issue_of
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.owed import ENDS_PROCESS
from webapp.processing.claims import MOST_ALONE
from webapp.processing.pipeline import PIPELINE, owing_queues
from webapp.processing.pipeline import work_off as work_off_queue
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import Sale, Status

KILLED = 9
WORKED = {
    (station.model, station.status): station for station in PIPELINE if station.step is not None
}


def _make_sales(many: int):
    open_shop()
    sku = make_product(sku="ALL", stock=1000).sku
    for number in range(many):
        make_sale(customer=CUSTOMER, reference=str(number), sku=sku)


def _in_a_process_of_its_own(app, work) -> int:
    """What a worker does for one job; its exit code. A fork, so that the app need not be made
    again; the connections stay with this process."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            database.session.registry.clear()
            with app.app_context():
                database.engine.dispose(close=False)
                work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _all_is_due():
    """As once every lease and every wait is over, in the order in which they end."""
    database.session.rollback()
    for model in (Sale, Invoice, Message, Effect):
        for row in database.session.execute(select(model.id, model.due_at)).all():
            if row.due_at:
                due = {"due_at": row.due_at - dt.timedelta(minutes=2)}
                table = model.__table__
                database.session.execute(update(table).where(table.c.id == row.id).values(due))
    database.session.commit()


def _up_to(step) -> None:
    """Does what comes before the step, by a whole batch each."""
    if step.status is InvoiceStatus.APPROVED:
        hold_every_note()
    for station in PIPELINE:
        if station.status is InvoiceStatus.APPROVED:
            release_every_note()
        if station.step is step:
            return
        if station.step:
            _all_is_due()
            station.step.run()


def _owe_again(model, status):
    """What a finished order has beside its way is owed once more."""
    work_off()
    past = utc_now() - dt.timedelta(seconds=1)
    database.session.execute(update(model).values(status=status, due_at=past, lease=None))
    database.session.commit()


def _done(effect, _shared, _now):
    effect.finish(EffectStatus.DONE)


def _killer(step, part, bad):
    """The step, ending its process once `part` of it meets the row."""

    def ends_process(*given):
        rows = given[0] if isinstance(given[0], list) else [given[0]]
        if any(row.id == bad for row in rows):
            os._exit(KILLED)
        return real(*given)

    # An effect that is done already cannot be done again.
    real = _done if step.model is Effect else getattr(step, part)
    return lambda: setattr(step, part, ends_process)


STEPS = {
    (Sale, Status.ADDRESS, "write_row"),
    (Sale, Status.RULES, "write_row"),
    (Sale, Status.INVOICE, "call_external"),
    (Sale, Status.INVOICE, "write_row"),
    (Invoice, InvoiceStatus.APPROVED, "write_row"),
    (Invoice, InvoiceStatus.SENDING, "call_external"),
    (Effect, EffectStatus.PENDING, "write_row"),
    (Message, MessageStatus.PENDING, "write_row"),
}


def _one_ends_the_process(app, db, many, model, status, part):
    station = WORKED[model, status]
    step = station.step
    _make_sales(many)
    if model in (Effect, Message):
        _owe_again(model, status)
    else:
        _up_to(step)
    rows = select(model.id).where(model.status == status).order_by(model.id)
    ids = list(db.session.scalars(rows))
    assert len(ids) >= many
    bad = ids[3]
    arm = _killer(step, part, bad)

    def job():
        arm()
        work_off_queue(station.queue, seconds=60)

    deaths = 0
    for round_ in range(MOST_ALONE + 3):
        _all_is_due()
        deaths += _in_a_process_of_its_own(app, job) == KILLED
        waiting = rows.where(model.due_at.is_not(None), model.id != bad)
        others = db.session.scalars(waiting).all()
        db.session.rollback()
        if round_ == 3:
            assert others == [], "in a batch, in a group, alone, and the others are through"
    row = db.session.get_one(model, bad)
    assert deaths >= MOST_ALONE
    if status is InvoiceStatus.SENDING:
        # Its answer must be learned, however long it takes: it goes on alone.
        assert row.status is status and row.lease.startswith("alone")
        return
    assert row.status != status
    if model is Effect:
        assert (row.status, row.error) == (EffectStatus.FAILED, ENDS_PROCESS)
    elif model is Message:
        assert (row.status, row.error) == (MessageStatus.FAILED, ENDS_PROCESS)
    else:
        sale = row if model is Sale else row.sale
        assert sale.status is Status.ATTENTION
        assert issue_of(sale).message == ENDED_PROCESS


@pytest.mark.both_databases
def test_one_of_forty_takes_no_other_along(app, db):
    _one_ends_the_process(app, db, 40, Sale, Status.ADDRESS, "call_external")


@pytest.mark.parametrize(
    ("model", "status", "part"),
    sorted(STEPS, key=str),
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_it_is_so_in_each_step(app, db, model, status, part):
    _one_ends_the_process(app, db, 7, model, status, part)


def test_restarts_in_a_row_are_not_the_orders_fault(app, db):
    """Whoever is killed from outside, again and again, whatever it is at."""
    _make_sales(5)
    step = WORKED[Sale, Status.ADDRESS].step

    def killed_while_it_asks():
        step.call_external = lambda _rows: os._exit(KILLED)
        step.run()

    for _restart in range(9):
        _all_is_due()
        assert _in_a_process_of_its_own(app, killed_while_it_asks) == KILLED
    _all_is_due()
    work_off()
    assert owing_queues() == []
    assert set(db.session.scalars(select(Sale.status))) == {Status.INVOICED}
