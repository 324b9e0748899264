"""Each filter that a list offers is answered by an index that ends in the order of the list: no row
is looked at that does not fit, and nothing is sorted."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import insert, literal, select, text, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import undefer

from tests.factories import api, make_product, make_sale, make_token, open_shop, work_off
from tests.support.query_plans import plan_of
from webapp.attempts.models import AttemptOutcome
from webapp.attempts.queries import NEWEST, attempts
from webapp.attention import kinds
from webapp.authority.sandbox import notes_like
from webapp.bulk.models import BulkOutcome, BulkRow
from webapp.bulk.queries import rows_of as bulk_rows
from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import Kind, Product, StockMovement
from webapp.catalog.queries import products
from webapp.customers.models import Customer
from webapp.dashboard.queries import oldest_open_tasks
from webapp.fulfilment.commissions.queries import paid_agents
from webapp.fulfilment.memberships.listing import MembershipTab
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.fulfilment.memberships.queries import memberships
from webapp.fulfilment.memberships.terms import sold_plans
from webapp.fulfilment.parcels.listing import HELD_ORDERS
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.fulfilment.parcels.queries import packing_slips, sales_to_ship, slip_ids
from webapp.fulfilment.tasks.listing import OPEN_ORDERS
from webapp.fulfilment.tasks.queries import tasks
from webapp.http.formatting import shop_day
from webapp.imports.models import ImportRow, RowOutcome
from webapp.imports.queries import rows_of
from webapp.incoming.matching import Goods, products_like
from webapp.incoming.models import IncomingNote
from webapp.incoming.queries import incoming_notes
from webapp.incoming.stock_entry import lines_before
from webapp.invoices.models import Invoice
from webapp.invoices.queries import VIEWS, WAITS_FOR_PERSON, invoices
from webapp.payments.models import Receipt
from webapp.payments.queries import told_money
from webapp.platform.clock import utc_now
from webapp.platform.columns import NEVER, UtcDateTime
from webapp.processing.send_step import NOW_SURE
from webapp.processing.sweeping import is_late
from webapp.processing.tax_holds import held
from webapp.sale_pages.export import SALES
from webapp.sales.leaving import Due
from webapp.sales.models import Sale
from webapp.sales.queries import bought, latest_sales_of, sales
from webapp.search.queries import begun_by

BY_ID, BY_NAME = (Sale.id.desc(),), (Product.name, Product.id)
BY_MOMENT = (Invoice.moment.desc(), Invoice.id.desc())
BY_ISSUE = (IncomingNote.issued_at.desc(), IncomingNote.id.desc())
BY_AGE = (Invoice.created_at, Invoice.id)


def listed(view, **parts):
    """The list of products as it is opened."""
    return products(ProductFilter(view=view, **parts)).order_by(*BY_NAME)


def queue(view, *conditions):
    """Of what waits for a person."""
    return invoices().where(VIEWS[view], WAITS_FOR_PERSON, *conditions)


LISTS = {
    "ix_sales_channel_id": lambda: sales(channel="phone").order_by(*BY_ID),
    "ix_sales_agent_code_id": lambda: sales(agent="A1").order_by(*BY_ID),
    "ix_sales_to_ship": sales_to_ship,
    "ix_bulk_rows_outcome": lambda: bulk_rows(1, BulkOutcome.REFUSED).order_by(BulkRow.place),
    "ix_sales_to_leave": lambda: sales(due=Due.WILL_MISS).order_by(Sale.ship_by, Sale.id),
    # The page behind an order that has not to leave any more.
    "ix_sales_leaves_by": lambda: (
        select(Sale)
        .where(tuple_(Sale.leaves_by, Sale.id) > tuple_(literal(NEVER, UtcDateTime()), 17))
        .order_by(Sale.leaves_by, Sale.id)
    ),
    "ix_sales_customer_id_id": lambda: latest_sales_of(1, 20),
    "ix_sales_bought": lambda: bought().where(Sale.customer_id == 1),
    "ix_sales_paid_at": lambda: sales(paid_since=utc_now(), paid_until=utc_now()).order_by(
        Sale.paid_at.desc(), Sale.id.desc()
    ),
    "ix_packing_slips_shipped_at": lambda: (
        packing_slips()
        .where(PackingSlip.shipped_at >= utc_now())
        .order_by(PackingSlip.shipped_at.desc(), PackingSlip.id.desc())
    ),
    "ix_sales_updated_at_id": lambda: sales(updated_since=utc_now()),
    "ix_memberships_status_since_id": lambda: (
        select(Membership)
        .where(Membership.status == MembershipStatus.ACTIVE)
        .order_by(Membership.since.desc(), Membership.id.desc())
    ),
    "ix_memberships_ends_on": lambda: memberships(MembershipTab.ENDING).order_by(
        Membership.ends_on, Membership.id
    ),
    "ix_products_on_sale_kind": lambda: listed(ProductView.ALL, kind=Kind.BOOK),
    "ix_products_on_sale_supplier": lambda: listed(ProductView.ALL, supplier="Editora Alba"),
    "ix_products_on_sale_category": lambda: listed(ProductView.ALL, category="Chás"),
    "ix_products_on_sale_plan": sold_plans,
    "ix_products_on_nfe_tax_profile": lambda: listed(ProductView.ALL, tax_profile="goods"),
    "ix_products_on_nfe_ncm": lambda: listed(ProductView.NO_NCM),
    "ix_products_lacks_anything": lambda: listed(ProductView.LACKS),
    "ix_products_on_nfe_gtin": lambda: listed(ProductView.NO_GTIN),
    "ix_products_lacks_weight_g": lambda: listed(ProductView.NO_WEIGHT),
    "ix_products_lacks_price": lambda: listed(ProductView.NO_PRICE),
    "ix_products_lacks_cost": lambda: listed(ProductView.NO_COST),
    "ix_products_low": lambda: listed(ProductView.LOW),
    "ix_sales_hold_until": lambda: select(Sale.id).where(is_late()),
    "ix_products_shortest": lambda: products(ProductFilter(view=ProductView.LOW)).order_by(
        Product.stock, Product.name
    ),
    "ix_sales_created_at_status": lambda: select(Sale.status).where(Sale.created_at >= utc_now()),
    "ix_invoices_moment_id": lambda: invoices("", dt.date(2026, 11, 1)).order_by(*BY_MOMENT),
    "ix_incoming_notes_is_own_issued_at_id": lambda: incoming_notes(
        "", "", dt.date(2026, 11, 1)
    ).order_by(*BY_ISSUE),
    "ix_incoming_notes_view": lambda: incoming_notes("unknown").order_by(*BY_ISSUE),
    "ix_stock_entry_lines_supplier_code_id": lambda: lines_before("7K2M9QX4000108", {"X-1"}),
    "ix_import_rows_import_id_outcome_number": lambda: rows_of(1, RowOutcome.REFUSED).order_by(
        ImportRow.number
    ),
    "ix_invoices_returns": lambda: (
        invoices().where(VIEWS["goods_returned"]).order_by(Invoice.id.desc())
    ),
    "ix_invoices_returns_total_id": lambda: (
        invoices().where(VIEWS["goods_returned"]).order_by(Invoice.total, Invoice.id)
    ),
    "ix_invoices_returns_moment_id": lambda: (
        invoices("", dt.date(2026, 11, 1)).where(VIEWS["goods_returned"]).order_by(*BY_MOMENT)
    ),
    "ix_invoices_waiting": lambda: queue("review").order_by(*BY_AGE),
    "ix_invoices_reason": lambda: queue("rejected", Invoice.reason == "items").order_by(*BY_AGE),
    **{
        index: lambda kind=kind: kinds.BY_NAME[kind].rows(
            51, lambda since, _row_id: since > utc_now()
        )
        for index, kind in (
            ("ix_sales_needs_person_step", "address"),
            ("ix_sales_unpaid", "payment"),
            ("ix_invoices_returns_rejected", "return_note"),
            ("ix_tasks_open", "task"),
            ("ix_effects_failed", "effect"),
            ("ix_messages_failed", "message"),
            ("ix_payment_findings_waiting", "money"),
        )
    },
    **{
        index: lambda kind=kind: kinds.BY_NAME[kind].dearest(
            51, lambda amount, _row_id: amount < Decimal(90)
        )
        for index, kind in (
            ("ix_sales_needs_person_total", "held"),
            ("ix_sales_unpaid_total", "payment"),
            ("ix_invoices_waiting_total", "review"),
        )
    },
    "ix_invoices_sending": lambda: select(Invoice.id).where(VIEWS["sending"]),
    **{
        f"ix_attempts_{index}": lambda asked=asked: attempts(**asked).order_by(*NEWEST)
        for index, asked in (
            ("ended_at", {"since": dt.datetime(2026, 11, 1, tzinfo=dt.UTC)}),
            ("queue", {"queue": "mail", "since": dt.datetime(2026, 11, 1, tzinfo=dt.UTC)}),
            ("step", {"step": ("sale", "rules")}),
            ("cause_id", {"cause_id": 1}),
            ("in_vain", {"outcome": AttemptOutcome.FAILED}),
            ("in_vain_queue", {"outcome": AttemptOutcome.FAILED, "queue": "mail"}),
            ("in_vain_cause", {"outcome": AttemptOutcome.FAILED, "cause_id": 1}),
            ("in_vain_step", {"outcome": AttemptOutcome.WAITED, "step": ("sale", "rules")}),
        )
    },
}


@pytest.mark.both_databases
@pytest.mark.parametrize("index", LISTS)
def test_a_filter_reads_its_own_index(db, index):
    plan = plan_of(db, LISTS[index]().limit(51))
    assert index in plan, plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan, plan


@pytest.mark.both_databases
def test_the_oldest_open_tasks_are_found_past_all_that_are_done(db):
    keys = OPEN_ORDERS["when"].keys
    for query in (oldest_open_tasks(), tasks(False, "call_customer").order_by(*keys)):
        plan = plan_of(db, query.limit(5))
        assert "ix_tasks_open" in plan, plan


@pytest.mark.both_databases
def test_what_a_change_lets_go_on_is_found_past_what_waits_at_other_steps(db):
    plan = plan_of(db, held().params(book="2026.002"))
    by_step = ("ix_sales_needs_person_step", "ix_sales_needs_person_total")
    assert any(index in plan for index in by_step), plan


@pytest.mark.parametrize("status", ["awaiting_nfe", "to_pack", "packed"])
def test_slips_that_wait_are_counted_without_reading_orders(db, status):
    """SQLite would read every order of a condition whose columns its index does not hold."""
    plan = plan_of(db, slip_ids(SlipStatus(status)).limit(1001))
    orders = [step for step in plan.splitlines() if " sales " in step]
    assert orders and all("COVERING INDEX" in step for step in orders), plan
    listed = plan_of(db, packing_slips(SlipStatus(status)).order_by(*BY_ID).limit(51))
    assert "TEMP B-TREE" not in listed, listed


@pytest.mark.both_databases
def test_what_awaits_its_nfe_reads_no_held_slip(db):
    """Held ones are most of those whose NF-e is not there yet."""
    plan = plan_of(db, slip_ids(SlipStatus.AWAITING_NFE).limit(201))
    assert "ix_packing_slips_held" in plan, plan


@pytest.mark.parametrize(
    ("query", "column"),
    [
        (lambda: queue("review"), "invoices.status"),
        (lambda: slip_ids(SlipStatus.PACKED), "shipping"),
        (lambda: SALES.rows({"shipping": "packed"}), "shipping"),
    ],
)
def test_postgresql_is_told_once_what_an_index_is_of(query, column):
    """Of two conditions that say it, it expects hardly any row, and takes an index of all."""
    told = str(query().compile(dialect=postgresql.dialect())).partition("WHERE")[2]
    assert told.count(f"{column} =") == 1 and f"{column} IN" not in told, told


@pytest.mark.both_databases
@pytest.mark.parametrize(("model", "index"), [(Product, "products"), (Customer, "customers")])
def test_names_that_begin_so_are_read_in_their_order(db, model, index):
    plan = plan_of(db, begun_by(model, "Caneca"))
    assert f"ix_{index}_name_id" in plan, plan
    assert not [step for step in plan.splitlines() if "B-TREE" in step or "Sort" in step], plan


@pytest.mark.both_databases
def test_agents_of_a_month_are_found_one_behind_the_other(db):
    """Not among all of its commissions."""
    plan = plan_of(db, paid_agents("2026-11"))
    assert "ix_commissions_month_agent_id" in plan, plan
    assert "ix_commissions_month_id" not in plan, plan


@pytest.mark.both_databases
def test_held_slips_are_read_in_the_order_of_their_list(db):
    """Of a million slips a few hundred: neither these are sorted, nor all orders walked."""
    keys = HELD_ORDERS["when"].keys
    plan = plan_of(db, packing_slips(SlipStatus.HELD).order_by(*(key.desc() for key in keys)))
    assert "ix_packing_slips_held" in plan, plan
    assert not [step for step in plan.splitlines() if "B-TREE" in step or "Sort" in step], plan


@pytest.mark.both_databases
def test_what_is_reserved_is_read_however_long_the_ledger_is(db):
    sale = make_sale(sku=make_product().sku, paid=False)
    past = {"sale_id": sale.id, "change": 0, "balance": 0, "reason": "", "actor": ""}
    past |= {"product_id": sale.lines[0].product_id, "at": utc_now(), "left_at": utc_now()}
    db.session.execute(insert(StockMovement), [past] * 2000)
    db.session.execute(text("ANALYZE stock_movements"))
    plan = plan_of(db, select(Product).options(undefer(Product.reserved)))
    assert "ix_stock_movements_reserving" in plan, plan


@pytest.mark.both_databases
def test_told_money_is_looked_for_by_its_sum_and_day(db):
    day = dt.date(2026, 11, 30)
    known = {"day": day, "is_told": True, "created_at": utc_now()}
    told = [known | {"key": f"E{n}", "amount": Decimal(n)} for n in range(1, 2001)]
    db.session.execute(insert(Receipt), told)
    db.session.execute(text("ANALYZE receipts"))
    plan = plan_of(db, told_money({Decimal("10.00"), Decimal("99.90")}, day, day))
    assert "ix_receipts_told" in plan, plan


@pytest.mark.both_databases
def test_products_of_a_note_are_looked_for_in_no_walk(db):
    plan = plan_of(db, products_like({Goods("9786599999901", "X-1", "Livro")}))
    walks = [step for step in plan.splitlines() if step.strip(" ->").startswith(("SCAN", "Seq"))]
    assert not walks, plan


@pytest.mark.both_databases
def test_the_sandbox_looks_for_no_note_among_all(db):
    plan = plan_of(db, notes_like(["3526" + "1" * 40, "3526" + "2" * 40]))
    walks = [step for step in plan.splitlines() if step.strip(" ->").startswith(("SCAN", "Seq"))]
    assert not [step for step in walks if "sandbox_notes" in step], plan


@pytest.mark.both_databases
def test_a_month_of_nfe_is_paged_by_the_moment_of_issue(client, db):
    open_shop()
    for number in (1, 2):
        make_sale(reference=f"R-{number}")
        work_off()
    calls, month = api(client, make_token()), f"{shop_day(utc_now()):%Y-%m}"
    first = calls.get(f"/invoices?month={month}&limit=1").json
    second = calls.get(f"/invoices?month={month}&limit=1&cursor={first['next_cursor']}").json
    assert [page["items"][0]["number"] for page in (first, second)] == [2, 1]
    assert second["next_cursor"] is None
    for strange in ("WzEsIDJd", "WyJ4IiwgMl0"):  # [1, 2] and ["x", 2]
        assert calls.get(f"/invoices?month={month}&cursor={strange}").status_code == 422


def test_what_is_being_sent_is_asked_among_what_is_on_its_way(db):
    """With each batch that is sent: not among all the notes of the series, nor where it is sure."""
    plan = plan_of(db, NOW_SURE, its_number=1, free=10**6)
    assert "CORRELATED" in plan and "ix_invoices_sending" in plan
