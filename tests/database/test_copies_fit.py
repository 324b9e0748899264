"""What is copied from one column into another fits there at its longest: PostgreSQL refuses what is
longer, SQLite, on which most tests run, does not look."""

from decimal import Decimal

import pytest
from sqlalchemy import MetaData, select

from tests.factories import CUSTOMER, make_product, make_sale, make_user, open_shop, work_off
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import acting_as
from webapp.customers.models import Agent
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.messages.models import Message
from webapp.platform.database import Model
from webapp.sales.models import Sale

METADATA: MetaData = Model.metadata
COPIES = {
    "users.email": (
        "audit_entries.actor",
        "backtests.asked_by",
        "batches.asked_by",
        "batches.carried_out_by",
        "batch_rows.left_by",
        "bulk_acts.asked_by",
        "closings.locked_by",
        "commission_payments.paid_by",
        "notes.actor",
        "counts.begun_by",
        "counts.taken_by",
        "count_lines.counted_by",
        "imports.asked_by",
        "invoice_events.asked_by",
        "labels.asked_by",
        "manifestations.asked_by",
        "invoices.reviewer",
        "membership_events.actor",
        "parcels.opened_by",
        "parcels.closed_by",
        "queue_pauses.actor",
        "failure_causes.actor",
        "cause_retries.asked_by",
        "recurring_runs.asked_by",
        "recurring_work_off.actor",
        "refunds.refunded_by",
        "rehearsals.asked_by",
        "rule_sets.published_by",
        "stock_movements.actor",
        "voidings.asked_by",
    ),
    "products.sku": (
        "sale_lines.sku",
        "day_sums.key",
        "commissions.sku",
        "royalty_slips.sku",
        "batch_rows.sku",
    ),
    "products.name": ("sale_lines.name", "royalty_slips.name"),
    "products.author": ("royalty_slips.author",),
    "products.plan": (
        "memberships.plan",
        "membership_events.plan",
        "membership_events.plan_before",
    ),
    "agents.code": (
        "sales.agent_code",
        "commissions.agent_code",
        "commission_payments.agent_code",
    ),
    "agents.name": ("sales.agent_name", "commissions.agent_name"),
    "customers.name": ("sales.customer_name",),
    "customers.document": ("sales.customer_document",),
    "customers.email": ("sales.customer_email", "messages.recipient"),
    "customers.phone": ("sales.customer_phone",),
    "customers.state_registration": ("sales.customer_state_registration",),
    "customers.locale": ("sales.customer_locale", "messages.locale"),
    "rule_firings.code": ("tasks.code", "effects.rule"),
}
LONG_EMAIL = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.com"


def length(name: str) -> int:
    table, column = name.split(".")
    return METADATA.tables[table].c[column].type.length


@pytest.mark.parametrize("original", COPIES)
def test_a_copy_is_as_long_as_its_original(original):
    shorter = [copy for copy in COPIES[original] if length(copy) < length(original)]
    assert shorter == []


def test_no_column_that_tells_who_did_it_is_forgotten():
    who = {"actor", "reviewer", "paid_by", "asked_by", "published_by", "refunded_by"}
    who |= {"begun_by", "carried_out_by", "counted_by", "left_by", "locked_by", "taken_by"}
    who |= {"opened_by", "closed_by"}
    found = {
        f"{table.name}.{name}"
        for table in METADATA.tables.values()
        for name in who & {*table.c.keys()}
    }
    assert found == set(COPIES["users.email"])


@pytest.mark.operations
class TestOnPostgres:
    @pytest.fixture
    def database_kind(self):
        return "postgresql"

    def test_a_person_with_the_longest_address_signs_in_and_works(self, client, db):
        user = make_user("admin", email=LONG_EMAIL, name="n" * 80)
        user.set_password("uma frase comprida")
        product = make_product(sku="BOOK-1")
        db.session.commit()
        csrf = client.get("/login").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        form = {"csrf_token": csrf, "email": LONG_EMAIL, "password": "uma frase comprida"}
        assert client.post("/login", data=form).status_code == 303

        with acting_as(LONG_EMAIL):
            make_sale(sku=product.sku)
            work_off()
        assert {LONG_EMAIL} < set(db.session.scalars(select(AuditEntry.actor)))

    def test_an_order_with_every_text_at_its_longest_goes_all_its_way(self, db):
        open_shop()
        db.session.add(Agent(code="C" * 20, name="n" * 80, commission_percent=Decimal("5.00")))
        product = make_product(
            sku="S" * 60,
            name="N" * 120,
            kind="book",
            author="A" * 80,
            royalty_percent="10.00",
            supplier="F" * 80,
            category="K" * 60,
            ncm="49019900",
        )
        with acting_as("token " + "t" * 80):
            sale = make_sale(
                sku=product.sku,
                reference="R" * 60,
                channel="c" * 20,
                agent="C" * 20,
                customer=CUSTOMER | {"name": "Ana " + "n" * 116, "email": LONG_EMAIL},
                address={
                    "zip_code": "01001-000",
                    "state": "SP",
                    "city": "São Paulo",
                    "neighborhood": "b" * 60,
                    "street": "r" * 60,
                    "number": "1" * 60,
                    "complement": "c" * 60,
                },
            )
        work_off()
        assert db.session.get_one(Sale, sale.id).agent_name == "n" * 80
        assert db.session.scalars(select(RoyaltySlip.author)).all() == ["A" * 80]
        assert db.session.scalars(select(Message.recipient)).first() == LONG_EMAIL
