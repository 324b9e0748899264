"""A crash before or after every commit of a sale's way, one at a time: what comes after is as if
nothing had happened."""

import datetime as dt

import pytest
from sqlalchemy import func, select, update

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support.processed_sales import agent
from tests.support.transactions import in_transaction
from webapp.authority.models import SandboxNote
from webapp.catalog.models import Product, StockMovement
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice
from webapp.messages.models import Message
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.cancellation import cancel, sale_to_undo
from webapp.processing.forms import RefundIn
from webapp.processing.refunds import refund
from webapp.rules.models import Effect
from webapp.sales.models import Refund, Sale, Status
from webapp.store.models import Series

# What notes are taxed by: none of a sale's.
TAXES = ("tax_profile_versions", "tax_choices", "state_rates", "calendar_values")
COUNTED = (
    Effect,
    Commission,
    RoyaltySlip,
    PackingSlip,
    Message,
    Task,
    Refund,
    StockMovement,
    SandboxNote,
)


class Crash(BaseException):
    """Like a kill: nothing in the program catches it."""


def _leases_end():
    """What a dead worker held is due again, as it is once its lease is over."""
    for model in (Sale, Invoice, Message, Effect):
        due = model.__table__.c.due_at
        past = utc_now() - dt.timedelta(seconds=1)
        database.session.execute(
            update(model.__table__).where(due.is_not(None)).values(due_at=past)
        )
    database.session.commit()


def _commits_of_a_whole_way(monkeypatch) -> int:
    counted = []
    commit = type(database.session()).commit
    monkeypatch.setattr(
        type(database.session()), "commit", lambda session: (counted.append(1), commit(session))[1]
    )
    work_off()
    monkeypatch.undo()
    return len(counted)


def _crash_at(monkeypatch, number: int, after: bool):
    """The commit of this number ends the process: before it, or right after it."""
    done = []
    commit = type(database.session()).commit

    def crashing(session):
        done.append(1)
        if len(done) == number and not after:
            raise Crash
        commit(session)
        if len(done) == number:
            raise Crash

    monkeypatch.setattr(type(database.session()), "commit", crashing)


def _facts() -> dict:
    def count(model):
        return database.session.scalar(select(func.count()).select_from(model))

    return {
        "statuses": database.session.scalars(select(Sale.status)).all(),
        "numbers": database.session.scalars(select(Invoice.number).order_by(Invoice.number)).all(),
        "next": database.session.scalar(select(Series.next_number)),
        "stock": database.session.scalars(select(Product.stock).order_by(Product.id)).all(),
        "counts": {model.__tablename__: count(model) for model in COUNTED},
        "commission": database.session.scalar(select(func.sum(Commission.amount))),
    }


def _two_sales(quantity: int = 1):
    open_shop()
    agent()
    product = make_product(
        sku="CRASH", kind="book", ncm="49019900", royalty_percent="10.00", stock=10
    )
    for number in ("1", "2"):
        make_sale(sku=product.sku, reference=number, agent="A1", quantity=quantity)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_around_any_commit_changes_nothing_in_the_end(app, db, monkeypatch, after):
    _two_sales()
    commits = _commits_of_a_whole_way(monkeypatch)
    whole = _facts()
    assert whole["statuses"] == [Status.INVOICED, Status.INVOICED]
    assert commits >= 10
    for number in range(1, commits + 1):
        _wipe(db)
        _two_sales()
        with monkeypatch.context() as patch:
            _crash_at(patch, number, after)
            with pytest.raises(Crash):
                work_off()
        db.session.rollback()
        for _round in range(3):
            _leases_end()
            work_off()
        assert _facts() == whole, (
            f"crash {'after' if after else 'before'} commit {number} of {commits}"
        )


def _undoing() -> list:
    """Two invoiced sales: one is cancelled, of the other a unit is refunded; each is told until it
    is answered."""
    asked = RefundIn.model_validate({"lines": [{"line": 1, "quantity": 1}], "reason": "damaged"})
    first, second = database.session.scalars(select(Sale.id).order_by(Sale.id)).all()
    database.session.rollback()
    return [
        lambda: in_transaction(lambda: cancel(sale_to_undo(first), "changed their mind")),
        lambda: in_transaction(lambda: refund(sale_to_undo(second), asked, "R-1").number),
    ]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("crashed", [0, 1], ids=["cancellation", "refund"])
def test_a_crash_in_an_undoing_leaves_it_undone_once_or_not_at_all(
    app, db, monkeypatch, crashed, after
):
    def undo(at: int | None) -> dict:
        _wipe(db)
        _two_sales(quantity=2)
        work_off()
        before, acts = _facts(), _undoing()
        for place, act in enumerate(acts):
            if place == at:
                with monkeypatch.context() as patch:
                    _crash_at(patch, 1, after)
                    with pytest.raises(Crash):
                        act()
                database.session.rollback()
                assert (_facts() == before) is not after
            act()
            before = _facts()
        for act in acts:
            act()
        work_off()
        return _facts()

    whole = undo(None)
    assert whole["statuses"] == [Status.CANCELLED, Status.INVOICED] and whole["stock"] == [9]
    assert undo(crashed) == whole


def _wipe(db):
    """The database as it was before the first sale."""
    db.session.rollback()
    kept = ("shop", "rule_sets", "alembic_version", "postal_codes", "sandbox_scenario", *TAXES)
    for table in reversed(db.metadata.sorted_tables):
        if table.name == "series":
            db.session.execute(table.update().values(next_number=1))
        elif table.name not in kept:
            db.session.execute(table.delete())
    db.session.commit()
    db.session.expunge_all()
