"""A batch changes what it says, and undone gives back exactly what was there, but for what somebody
else has changed since."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories import make_product
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import acting_as
from webapp.batches.asking import Asker, apply_batch, begin_batch, undo_batch, with_ids
from webapp.batches.changes import nearest_ending
from webapp.batches.forms import ChangeIn
from webapp.batches.models import BatchOutcome, BatchRow, BatchStatus, ProductBatch
from webapp.batches.queries import batch_by_id, rows_left_alone
from webapp.catalog.models import Product
from webapp.http.forms import parse
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.errors import Invalid, Refusal
from webapp.platform.money import MAX_MONEY
from webapp.processing.batch_steps import ApplyBatchStep, PreviewBatchStep, UndoBatchStep
from webapp.store.price_rights import UNBOUND, PriceRights

MANAGER = Asker("ana@example.com", UNBOUND)
CLERK = Asker("bia@example.com", PriceRights(limit=Decimal(5)))
COLUMNS = (
    "price",
    "price_confirmed",
    "category",
    "supplier",
    "ncm",
    "tax_profile",
    "low_stock",
    "archived_at",
)


STEPS = PreviewBatchStep(), ApplyBatchStep(), UndoBatchStep()


def work_off() -> None:
    """As a worker of the queue does."""
    for step in STEPS:
        while step.run():
            pass


def standing() -> dict[str, tuple]:
    """What batches may change of each product, by its SKU."""
    database.session.expire_all()
    found = database.session.scalars(select(Product).order_by(Product.id))
    return {each.sku: tuple(getattr(each, name) for name in COLUMNS) for each in found}


def prices() -> dict[str, Decimal]:
    return {sku: facts[0] for sku, facts in standing().items()}


def batch(asker=MANAGER, skus=None, look=False, **change) -> int:
    """A batch over these products, or all, carried out; its id. `look`: only looked over."""
    chosen = with_ids(skus) if skus else select(Product)
    begun = begin_batch(chosen, parse(ChangeIn, change), asker, applies_itself=not look)
    database.session.commit()
    work_off()
    return begun.id


def undo(batch_id: int, asker=MANAGER) -> ProductBatch:
    undo_batch(batch_by_id(batch_id, lock=True), asker)
    database.session.commit()
    work_off()
    return batch_by_id(batch_id)


def by_hand(sku: str, **values) -> None:
    with acting_as("caio@example.com"):
        product = database.session.scalar(select(Product).where(Product.sku == sku))
        for name, value in values.items():
            setattr(product, name, value)
        database.session.commit()


def outcomes(batch_id: int) -> dict[str, tuple[BatchOutcome, str]]:
    rows = database.session.scalars(select(BatchRow).where(BatchRow.batch_id == batch_id))
    return {row.sku: (row.outcome, row.reason) for row in rows}


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"price_percent": "10.00"}, "price", Decimal("11.01")),  # 10.01 × 1.1 = 11.011
        ({"price_percent": "-2.55"}, "price", Decimal("9.75")),  # 9.754745
        ({"price_percent": "5.00"}, "price", Decimal("10.51")),  # 10.5105
        ({"price_amount": "-0.02"}, "price", Decimal("9.99")),
        ({"price": "7.00"}, "price", Decimal("7.00")),
        ({"price_percent": "10.00", "price_ending": ",90"}, "price", Decimal("10.90")),
        ({"category": "Chás"}, "category", "Chás"),
        ({"supplier": ""}, "supplier", ""),
        ({"tax_profile": "goods"}, "tax_profile", "goods"),
        ({"ncm": "4901.99.00"}, "ncm", "49019900"),
        ({"low_stock": 3}, "low_stock", 3),
        ({"low_stock": None}, "low_stock", None),
    ],
)
def test_each_change_does_what_it_says_and_goes_back(db, change, column, value):
    make_product(sku="A", price="10.01", supplier="Alba", low_stock=9)
    before = standing()
    done = batch(**change)
    assert getattr(db.session.scalar(select(Product)), column) == value
    assert batch_by_id(done).status is BatchStatus.DONE
    assert undo(done).status is BatchStatus.UNDONE
    assert standing() == before


@pytest.mark.both_databases
def test_archived_products_go_back_with_the_moment_they_had(db):
    make_product(sku="NEW")
    make_product(sku="OLD").archived_at = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    db.session.commit()
    before = standing()
    away = batch(archived=True)
    assert outcomes(away) == {"NEW": (BatchOutcome.APPLIED, ""), "OLD": (BatchOutcome.SAME, "")}
    back = batch(archived=False)
    assert all(facts[-1] is None for facts in standing().values())
    undo(back)
    undo(away)
    assert standing() == before


@pytest.mark.parametrize(
    ("price", "ending", "ends"),
    [
        ("10.30", "90", "9.90"),
        ("10.40", "90", "10.90"),  # as far from 9.90: the higher one
        ("0.20", "90", "0.90"),
        ("10.90", "90", "10.90"),
        ("99.99", "00", "100.00"),
    ],
)
def test_a_price_takes_the_nearest_ending(price, ending, ends):
    assert nearest_ending(Decimal(price), Decimal(ending) / 100) == Decimal(ends)


def test_what_is_free_stays_free_whatever_others_end_in(db):
    make_product(sku="FREE", price="0.00")
    make_product(sku="PAID", price="10.00")
    done = batch(price_percent="10.00", price_ending="90")
    assert outcomes(done)["FREE"] == (BatchOutcome.SAME, "")
    assert dict(db.session.execute(select(Product.sku, Product.price)).all()) == {
        "FREE": Decimal("0.00"),
        "PAID": Decimal("10.90"),
    }


CHANGES = st.sampled_from(
    [
        {"price_percent": "10.00"},
        {"price_percent": "-33.33"},
        {"price_amount": "0.07"},
        {"price": "12.34"},
        {"category": "Chás"},
        {"category": "Mate"},
    ]
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(CHANGES, st.booleans()), min_size=1, max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_batches_over_batches_undone_in_any_order_leave_what_was_before(db, changes, order):
    """P's price is changed by hand too, behind some of them: what was typed last is never
    overwritten. All else is as it was before the first one."""
    for sku in {"P", "Q"} - set(prices()):
        make_product(sku=sku)
    for sku in ("P", "Q"):
        by_hand(sku, price=Decimal("10.00"), category="")
    before, done, typed = standing(), [], None
    for number, (change, by_a_person) in enumerate(changes):
        done.append(batch(**change))
        if by_a_person:
            typed = Decimal(50 + number)
            by_hand("P", price=typed)
    order.shuffle(done)
    for each in done:
        if batch_by_id(each).changed:
            undo(each)
    after = standing()
    assert after["Q"] == before["Q"] and after["P"][1:] == before["P"][1:]
    if typed is None or changes[-1][1]:
        assert after["P"][0] == (typed or before["P"][0])


@pytest.mark.both_databases
def test_what_was_changed_since_is_left_and_named(db):
    for number in range(4):
        make_product(sku=f"P{number}", price="10.00")
    done = batch(price_percent="50.00")
    by_hand("P1", price=Decimal("14.00"))
    by_hand("P2", name="Another name")
    db.session.delete(db.session.scalar(select(Product).where(Product.sku == "P3")))
    db.session.commit()
    undone = undo(done)
    assert prices() == {"P0": Decimal(10), "P1": Decimal(14), "P2": Decimal(10)}
    assert (undone.changed, undone.undone, undone.kept) == (4, 2, 2)
    hand, gone = rows_left_alone(done)
    assert (hand.sku, hand.reason, hand.left_by) == ("P1", "changed", "caio@example.com")
    assert (gone.sku, gone.reason) == ("P3", "deleted")


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_three_batches_of_which_two_write_the_same(db, order):
    make_product(sku="P")
    before = standing()
    done = [batch(category=each) for each in ("Chás", "Mate", "Chás")]
    for place in order:
        undo(done[place])
    assert standing() == before


@pytest.mark.both_databases
def test_what_a_later_batch_wrote_is_its_own_to_give_back(db):
    make_product(sku="P", price="10.00")
    first, second = batch(price="11.00"), batch(price="12.00")
    undo(first)
    assert prices() == {"P": Decimal(12)}
    assert outcomes(first) == {"P": (BatchOutcome.KEPT, "written_over")}
    assert rows_left_alone(first)[0].over_id == second
    undo(second)
    assert prices() == {"P": Decimal(10)}


def test_what_changed_between_the_look_and_the_change_is_left(db):
    for sku in ("SEEN", "MOVED", "RENAMED"):
        make_product(sku=sku, price="10.00")
    looked = batch(look=True, price_percent="10.00")
    assert batch_by_id(looked).to_change == 3 and set(prices().values()) == {Decimal(10)}
    by_hand("MOVED", price=Decimal("10.50"))
    by_hand("RENAMED", name="Another name")
    apply_batch(batch_by_id(looked, lock=True), MANAGER)
    db.session.commit()
    work_off()
    assert prices() == {"SEEN": Decimal(11), "MOVED": Decimal("10.50"), "RENAMED": Decimal(11)}
    assert outcomes(looked)["MOVED"] == (BatchOutcome.LEFT, "changed")


def test_the_products_are_those_that_fitted_when_it_was_asked(db):
    make_product(sku="EARLY", price="10.00")
    looked = batch(look=True, price="11.00")
    make_product(sku="LATE", price="10.00")
    apply_batch(batch_by_id(looked, lock=True), MANAGER)
    db.session.commit()
    work_off()
    assert prices() == {"EARLY": Decimal(11), "LATE": Decimal(10)}


def test_twice_is_once(db):
    make_product(sku="P", price="10.00")
    looked = batch(look=True, price_percent="10.00")
    for _time in range(2):
        apply_batch(batch_by_id(looked, lock=True), MANAGER)
        db.session.commit()
        work_off()
    assert prices() == {"P": Decimal(11)}
    undo(looked)
    by_hand("P", price=Decimal("11.00"))
    undo(looked)
    assert prices() == {"P": Decimal(11)}


@pytest.mark.both_databases
def test_what_cannot_be_is_refused_and_named(db):
    make_product(sku="CHEAP", price="1.00")
    make_product(sku="DEAR", price="9.00", cost="8.50")
    make_product(sku="EB", kind="ebook", price="9.00")
    lowered = batch_by_id(batch(look=True, price_amount="-2.00"))
    assert outcomes(lowered.id)["CHEAP"] == (BatchOutcome.REFUSED, "below_zero")
    assert (lowered.to_change, lowered.refused, lowered.under_cost) == (2, 1, 1)
    raised = batch(look=True, price_amount=str(MAX_MONEY))
    assert set(outcomes(raised).values()) == {(BatchOutcome.REFUSED, "too_large")}
    assert outcomes(batch(low_stock=1))["EB"] == (BatchOutcome.REFUSED, "keeps_no_stock")
    with pytest.raises(Invalid):
        batch(tax_profile="unknown")
    with pytest.raises(Refusal):
        begin_batch(select(Product).where(Product.id < 0), ChangeIn(category="x"), MANAGER)


def test_who_may_not_lower_prices_does_not_by_a_batch(db):
    make_product(sku="P", price="10.00")
    assert outcomes(batch(CLERK, price="9.00")) == {"P": (BatchOutcome.REFUSED, "may_not_lower")}
    # Nor by another's, nor by taking a higher price back.
    looked = batch(MANAGER, look=True, price="9.00")
    apply_batch(batch_by_id(looked, lock=True), CLERK)
    db.session.commit()
    work_off()
    assert outcomes(looked) == {"P": (BatchOutcome.LEFT, "may_not_lower")}
    raised = batch(CLERK, price="12.00")
    undo(raised, CLERK)
    assert prices() == {"P": Decimal(12)}
    assert outcomes(raised) == {"P": (BatchOutcome.KEPT, "may_not_lower")}


def test_a_price_of_a_batch_is_stood_for_by_who_may_and_goes_back_unconfirmed(db):
    make_product(sku="P", price="10.00").doubt_price()
    db.session.commit()
    raised = batch(CLERK, price="11.00")
    assert standing()["P"][:2] == (Decimal(11), False)
    set_by_manager = batch(MANAGER, price="12.00")
    assert standing()["P"][:2] == (Decimal(12), True)
    undo(set_by_manager)
    assert standing()["P"][:2] == (Decimal(11), False)
    assert batch_by_id(raised).changed == 1


def test_the_audit_tells_who_asked_and_by_which_batch(db):
    make_product(sku="P", price="10.00")
    begun = begin_batch(
        select(Product), ChangeIn(price="11.00"), MANAGER, "Rise of May", applies_itself=True
    )
    db.session.commit()
    work_off()
    undo(begun.id, Asker("davi@example.com", UNBOUND))
    query = select(AuditEntry).where(AuditEntry.subject == "products", AuditEntry.why != "")
    there, back = db.session.scalars(query.order_by(AuditEntry.id))
    assert (there.actor, there.why, there.after["price"]) == (
        "ana@example.com",
        "Rise of May",
        "11.00",
    )
    assert (back.actor, back.after["price"]) == ("davi@example.com", "10.00")


def test_a_stopped_batch_can_be_undone(db, monkeypatch):
    monkeypatch.setattr("webapp.batches.working.CHUNK", 1)
    monkeypatch.setattr("webapp.batches.models.CHUNK", 1)
    for number in range(3):
        make_product(sku=f"P{number}", price="10.00")
    before = prices()
    done = batch(price="11.00")
    assert batch_by_id(done).changed == 3 and batch_by_id(done).status is BatchStatus.DONE
    undo_batch(batch_by_id(done, lock=True), MANAGER)
    batch_by_id(done).stop(utc_now())
    db.session.commit()
    assert batch_by_id(done).status is BatchStatus.STOPPED
    assert undo(done).status is BatchStatus.UNDONE
    assert prices() == before
