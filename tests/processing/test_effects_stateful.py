"""Sales, workers, crashes, cancellations and refunds in any order: each effect counts once and
money balances to the cent."""

import contextlib
import datetime as dt
import shutil
import time
import uuid
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support.claims import claim
from tests.support.effects_ledger import Ledger, Told
from tests.support.examples import examples
from tests.support.processed_sales import agent, publish
from tests.support.transactions import in_transaction
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.models import Invoice, InvoiceEvent, InvoiceStatus
from webapp.messages.models import Message
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.errors import Refusal
from webapp.processing import attention, note_mail, review
from webapp.processing.cancellation import cancel, sale_to_undo
from webapp.processing.claims import MAX_ATTEMPTS, look_at
from webapp.processing.forms import RefundIn
from webapp.processing.pipeline import WORKED
from webapp.processing.refunds import refund
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.models import Effect, TriggerEvent
from webapp.sales.models import Refund, Sale, Shipping, Status

PEOPLE = ("111.444.777-35", "529.982.247-25")
PLACE = {"zip_code": "01001-000", "number": "101"}
PRODUCTS = {
    "BOOK": {
        "kind": "book",
        "price": "33.33",
        "royalty_percent": "10.00",
        "author": "Lívia",
        "ncm": "49019900",
        "stock": 30,
    },
    "CUP": {"kind": "physical", "price": "0.07", "stock": 30},
    "EBOOK": {"kind": "ebook", "price": "9.97", "royalty_percent": "12.50"},
    "SKI": {"kind": "video", "price": "50.05", "ncm": "85234910", "stock": 30},
    "AID": {"kind": "video", "price": "20.00", "ncm": "85234910", "stock": 5},
    "STREAM": {"kind": "streaming", "price": "12.00", "video_url": "https://example.com/v"},
    "CLUB": {"kind": "membership", "price": "120.00", "plan": "basic"},
    "GOLD": {"kind": "membership_upgrade", "price": "90.00", "plan": "gold"},
    # A rule of the shop's own upgrades with it, whether there is a membership or not.
    "RASH": {"kind": "physical", "price": "15.15", "stock": 30, "plan": "rash"},
}
OWN = [
    {
        "code": "rash",
        "name": "Rash",
        "scope": "line",
        "event": "paid",
        "priority": 1,
        "when": {"field": "item_sku", "op": "eq", "value": "RASH"},
        "then": [{"do": "membership_upgrade"}],
    },
    {
        "code": "large",
        "name": "Large",
        "scope": "sale",
        "event": "paid",
        "priority": 1,
        "when": {"field": "sale_total", "op": "gte", "value": "200.00"},
        "then": [{"do": "hold"}, {"do": "task", "text_code": "look"}],
    },
]
LAST_TRY = {"attempts": MAX_ATTEMPTS - 1}
# What these orders may come to owe.
OWED = (Sale, Effect, Invoice, InvoiceEvent, Message, Membership, TriggerEvent)
STEPS = tuple(station.step for station in WORKED if station.step.model in OWED)
EFFECTS = next(step for step in STEPS if step.model is Effect)
STOCK = {sku: facts["stock"] for sku, facts in PRODUCTS.items() if "stock" in facts}
LENGTH = hypothesis.settings(
    max_examples=examples(12),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
# Most often what most hangs off; amounts do not divide evenly by their units.
SKUS = ("BOOK", "SKI", "RASH", "SKI", "RASH", "BOOK", "CUP", "EBOOK", "STREAM", "CLUB", "GOLD")
ORDER = st.tuples(
    st.lists(st.tuples(st.sampled_from(SKUS), st.sampled_from((3, 1, 2))), min_size=1, max_size=3),
    st.sampled_from(PEOPLE),
    st.sampled_from(["A1", "A1", None]),
    st.sampled_from(["0.00", "0.05"]),
)

SALE = st.integers(0, 9)
# What happens next; each is a method of the shop with its arguments.
DEED = st.one_of(
    st.tuples(st.just("enter"), ORDER, st.sampled_from((True, True, False))),
    st.tuples(
        st.just("work"),
        st.sampled_from(("run", "all", "crash", "stall", "wake", "time passes", "all", "give up")),
        st.integers(0, 5),
        st.integers(1, 3),
        st.booleans(),
    ),
    st.tuples(
        st.just("undo"),
        SALE,
        st.sampled_from(("refund", "refund", "unit by unit", "too much", "cancel", "again")),
        st.integers(0, 3),
        st.integers(1, 3),
        st.sampled_from(("", "R1", "R2")),
    ),
    st.tuples(
        st.just("act"),
        SALE,
        st.sampled_from(
            (
                "pay",
                "try again",
                "pack",
                "ship",
                "release",
                "lapse",
                "resume",
                "refuse mail",
                "take mail",
            )
        ),
    ),
)


def the_file() -> Path:
    return Path(database.engine.url.database)


def last_written() -> tuple[int, int]:
    """Another one after each commit."""
    log = the_file().with_name(the_file().name + "-wal").stat()
    return log.st_mtime_ns, log.st_size


def make_all_due(**changes) -> bool:
    """Leases are over, and what failed is tried next. Whether there is any of it."""
    past, owed = utc_now() - dt.timedelta(seconds=1), 0
    for model in OWED:
        all_due = update(model).where(model.due_at.is_not(None))
        owed += database.session.execute(all_due.values(due_at=past, **changes)).rowcount
    database.session.commit()
    return owed > 0


def take_up_what_gave_up() -> None:
    """A step that workers died in too often waits for a person, who has it tried again."""
    for sale in database.session.scalars(select(Sale).where(Sale.status == Status.ATTENTION)):
        attention.resume(sale)
    database.session.commit()


def pack(sale: Sale) -> None:
    for slip in database.session.scalars(select(PackingSlip).where(PackingSlip.sale_id == sale.id)):
        slip.pack(utc_now())


def ship(sale: Sale) -> None:
    for slip in database.session.scalars(select(PackingSlip).where(PackingSlip.sale_id == sale.id)):
        slip.ship("Correios", "AA1", utc_now())


def release(sale: Sale) -> None:
    waiting = select(Invoice).where(
        Invoice.sale_id == sale.id, Invoice.status == InvoiceStatus.REVIEW
    )
    note = database.session.scalar(waiting)
    if note:
        review.approve(note, "ana@example.com")
    else:
        review.release(sale)


def refunded(sale: Sale, asked: RefundIn, key: str) -> bool:
    """Whether it was a new refund."""
    known = set(database.session.scalars(select(Refund.id).where(Refund.sale_id == sale.id)))
    made = refund(sale, asked, key or uuid.uuid4().hex)
    database.session.flush()
    return made is not None and made.id not in known


def lapse(sale: Sale) -> None:
    for membership in database.session.scalars(
        select(Membership).where(Membership.customer_id == sale.customer_id)
    ):
        membership.lapse("they called", "ana@example.com")


def resume(sale: Sale) -> None:
    for membership in database.session.scalars(
        select(Membership).where(Membership.customer_id == sale.customer_id)
    ):
        membership.resume("they called", "ana@example.com")


class Crash(BaseException):
    """Like a kill: nothing in the program catches it."""


def die_at_a_commit(step, number: int, after: bool) -> None:
    """The step's commit of this number ends the worker: before it, or right after it."""
    done, session = [], type(database.session())
    commit = session.commit

    def crashing(self):
        done.append(1)
        if len(done) == number and not after:
            raise Crash
        commit(self)
        if len(done) == number:
            raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "commit", crashing)
        with contextlib.suppress(Crash):
            step.run()


class Shop(RuleBasedStateMachine):
    """Everything runs on the app, the database and the mail server that `inbox` stands for. One
    rule draws what happens: of many rules hypothesis would leave most out of each example."""

    inbox = None
    # The database as it was before the first customer.
    empty: Path | None = None

    def __init__(self):
        super().__init__()
        self.told: dict[int, Told] = {}
        # A worker that claimed rows and has not written: (step, token, ids).
        self.late = None
        self.looked_at: tuple | None = None

    @initialize(orders=st.lists(ORDER, min_size=2, max_size=3))
    def open(self, orders):
        database.session.remove()
        database.engine.dispose()
        shutil.copyfile(self.empty, the_file())
        self.inbox.refuse = {}
        for order in orders:
            self.enter(order, paid=True)
        work_off()
        if make_all_due():
            work_off()

    # -- what customers do ------------------------------------------------------------------------

    @rule(deed=DEED)
    def happens(self, deed):
        name, *arguments = deed
        getattr(self, name)(*arguments)

    def enter(self, order, paid):
        lines, person, seller, discount = order
        asked = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        customer = {"name": "Ana", "document": person, "email": "ana@example.com"}
        try:
            sale = make_sale(
                lines=asked,
                paid=paid,
                agent=seller,
                customer=customer,
                discount=discount,
                address=PLACE,
            )
        except Refusal:
            database.session.rollback()
        else:
            self.told[sale.id] = Told({place: line for place, line in enumerate(lines, 1)})

    # -- what workers do --------------------------------------------------------------------------

    def work(self, what, which, number, after):
        time.sleep(0.002)  # what was just committed is due on the database's clock
        owed = [step for step, look in zip(STEPS, look_at(STEPS), strict=True) if any(look)]
        step = owed[which % len(owed)] if owed else STEPS[which % len(STEPS)]
        if what == "run":
            step.run()
        elif what == "crash":
            die_at_a_commit(step, number, after)
        elif what == "stall" and not self.late:
            claimed = claim(step)
            self.late = claimed and (step, *claimed)
        elif what == "wake" and self.late:
            step, token, ids = self.late
            self.late = None
            step._advance(token, ids)
        elif what == "time passes":
            make_all_due()
        elif what == "all":
            work_off()
        elif what == "give up":
            make_all_due(**LAST_TRY)
            EFFECTS.run()
        database.session.rollback()

    # -- what a manager undoes --------------------------------------------------------------------

    def undo(self, which, what, line, units, key):
        sale = self.choose(which)
        line = self.choose_line(sale, line)
        if what == "cancel":
            self.cancel(sale)
        elif what == "unit by unit":
            for _unit in range(3):
                self.refund(sale, line, 1, key="")
                self.the_books_are_right()
        elif what == "too much":
            self.refund(sale, line + units, 5, key)
        else:
            self.refund(sale, line, min(units, self.told[sale].left(line)) or 1, key)
            if what == "again":
                self.refund(sale, line, units, key)
                self.cancel(sale)
                self.cancel(sale)

    def cancel(self, sale: int) -> None:
        before = self.units_out(sale)
        if (
            self.attempt(sale, lambda found: cancel(found, "changed their mind"))
            and not self.told[sale].cancelled
        ):
            self.told[sale].cancelled = True
            self.told[sale].returned.update(before)

    def refund(self, sale: int, line: int, units: int, key: str) -> None:
        asked = RefundIn.model_validate(
            {"lines": [{"line": line, "quantity": units}], "reason": "damaged"}
        )
        before, new = self.units_out(sale), []
        if self.attempt(sale, lambda found: new.append(refunded(found, asked, key))) and new[-1]:
            told = self.told[sale]
            told.refunded[line] += units
            came = {
                place: left
                for place, left in before.items()
                if place == line or self.is_gift_back(sale, place)
            }
            told.returned.update(
                {place: units if place == line else left for place, left in came.items()}
            )

    # -- what staff and the world do --------------------------------------------------------------

    def act(self, which, what):
        acts = {
            "pay": lambda sale: sale.pay(utc_now()),
            "try again": attention.retry_effects,
            "pack": pack,
            "ship": ship,
            "release": release,
            "lapse": lapse,
            "resume": resume,
        }
        if what in acts:
            self.attempt(self.choose(which), acts[what])
        else:
            self.inbox.refuse = {"@": "550 no"} if what == "refuse mail" else {}

    # -- what must hold ---------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self):
        database.session.rollback()
        if self.told and self.looked_at != (now := last_written(), repr(self.told)):
            Ledger(self.told, STOCK).check()
            self.looked_at = now, repr(self.told)

    def teardown(self):
        if not self.told:
            return
        for changes in ({}, {}, LAST_TRY, LAST_TRY):
            take_up_what_gave_up()
            if make_all_due(**changes):
                work_off()
        ledger = Ledger(self.told, STOCK)
        ledger.check()
        ledger.nothing_is_left_over()
        database.session.rollback()

    # -- help -------------------------------------------------------------------------------------

    def choose(self, which: int) -> int:
        """A sale, of those that are not cancelled where there is one."""
        ids = [sale for sale, told in self.told.items() if not told.cancelled] or list(self.told)
        return ids[which % len(ids)]

    def choose_line(self, sale: int, which: int) -> int:
        """A line, of those with something left where there is one."""
        told = self.told[sale]
        lines = [line for line in told.lines if told.left(line)] or list(told.lines)
        return lines[which % len(lines)]

    def attempt(self, sale: int, act) -> bool:
        """Does `act` to the sale, locked; False when it was refused, and then nothing changed."""
        database.session.rollback()
        try:
            in_transaction(lambda: act(sale_to_undo(sale)))
            return True
        except Refusal:
            return False

    def units_out(self, sale: int) -> dict[int, int]:
        """Units of the sale that are in the house and not on the shelf, by line."""
        database.session.rollback()
        found = database.session.get_one(Sale, sale)
        if found.shipping in (Shipping.SHIPPED, Shipping.DELIVERED):
            return {}
        told = self.told[sale]
        return {
            line.position: line.quantity - told.returned[line.position]
            for line in found.lines
            if line.quantity > told.returned[line.position]
        }

    def is_gift_back(self, sale: int, place: int) -> bool:
        """Whether the line is a gift whose bought line came back whole."""
        told = self.told[sale]
        if place in told.lines:
            return False
        brought = database.session.scalars(
            select(Effect).where(
                Effect.sale_id == sale, Effect.kind == "add_item", Effect.reverses.is_(None)
            )
        ).all()
        [gift] = [effect for effect in brought if effect.params.get("line") == place]
        return told.left(gift.params["lines"][0]) == 0


@pytest.fixture
def settings(mail_settings):
    return mail_settings


def test_in_any_order_each_effect_counts_once_and_money_balances(
    app, db, inbox, monkeypatch, tmp_path
):
    # A process and half a second for each DANFE: what is on it is seen elsewhere.
    monkeypatch.setattr(note_mail, "one_by_one", lambda notes: [b"%PDF-"] * len(notes))
    open_shop()
    publish([*day_one_rules({"SKI": "AID"}), *OWN])
    agent(percent="5.00")
    for sku, facts in PRODUCTS.items():
        make_product(sku=sku, **facts)
    database.session.remove()
    database.engine.dispose()
    Shop.inbox, Shop.empty = inbox, Path(shutil.copy(the_file(), tmp_path))
    run_state_machine_as_test(Shop, settings=LENGTH)
