"""Two customers become one: what goes where, once, and who can be one at all."""

import datetime as dt

import pytest
from sqlalchemy.orm.exc import StaleDataError

from tests.factories import (
    CUSTOMER,
    api,
    make_product,
    make_sale,
    make_token,
    sale_body,
    sign_in,
)
from tests.support.query_plans import plan_of
from tests.support.spreadsheets import rows_of
from webapp.audit.models import AuditEntry
from webapp.customer_records.forms import MergeChoices, MergeSide
from webapp.customer_records.merging import merge
from webapp.customer_records.queries import pairs, pairs_alike, twins_of
from webapp.customers.customer_edits import add_note, save_customer
from webapp.customers.forms import CustomerIn
from webapp.customers.models import Customer
from webapp.fulfilment.memberships.models import Membership
from webapp.http.forms import parse
from webapp.http.transactions import is_lost_race
from webapp.notes.models import StaffNote
from webapp.platform.database import db as database
from webapp.platform.errors import Refusal
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import SaleLookups, create_sale

ABROAD = {"country": "PT", "city": "Porto", "street": "Rua Nova", "number": "4"}
NOBODY_CHOSE = MergeChoices()


def customer(**facts) -> Customer:
    known = {"name": "Maria Alves", "document": "", "email": "maria@example.com", "address": ABROAD}
    kept = save_customer(Customer(), parse(CustomerIn, known | facts))
    database.session.commit()
    return kept


@pytest.fixture
def two(db):
    """The one with a CPF, and the one without, who has an order, a note and a phone."""
    kept = customer(document="529.982.247-25", address={"zip_code": "05010-000", "number": "9"})
    buyer = CUSTOMER | {"name": "Maria Alves", "document": "", "email": "maria@example.com"}
    sale = make_sale(customer=buyer, address=ABROAD, paid=False)
    merged = db.session.get_one(Customer, sale.customer_id)
    add_note(merged, "Speaks no English", "ana@example.com")
    db.session.commit()
    return kept, merged, sale


def joined(kept, merged, choices=NOBODY_CHOSE) -> Customer:
    one = merge(kept.id, merged.id, choices)
    database.session.commit()
    return one


@pytest.mark.both_databases
def test_all_of_one_goes_over_to_the_other_once(two, db):
    kept, merged, sale = two
    for _twice in range(2):
        one = joined(kept, merged)
    assert (one.name, one.document, one.phone) == ("Maria Alves", "52998224725", "19999990000")
    assert [(place.city, place.number) for place in one.addresses] == [("Porto", "4")]
    assert db.session.get_one(Sale, sale.id).customer_id == one.id
    assert db.session.get_one(Sale, sale.id).customer_document == ""
    assert db.session.scalars(db.select(StaffNote.customer_id)).all() == [one.id]
    told = db.select(AuditEntry.subject_id).where(AuditEntry.action == "merged")
    assert sorted(db.session.scalars(told)) == [str(kept.id), str(merged.id)]


def test_whose_value_holds_is_chosen_field_by_field(two):
    kept, merged, _sale = two
    one = joined(kept, merged, MergeChoices(address=MergeSide.MERGED, phone=MergeSide.KEPT))
    assert (one.city, one.phone) == ("Porto", "")
    assert [place.zip_code for place in one.addresses] == ["05010-000"]


def test_the_document_goes_over_to_who_had_none(two):
    kept, merged, _sale = two
    one = joined(merged, kept, MergeChoices(address=MergeSide.MERGED))
    assert (one.id, one.document) == (merged.id, "52998224725")
    assert database.session.get_one(Customer, kept.id).document == ""


def test_two_who_have_a_document_are_two_people(two):
    other = customer(document="27.865.757/0001-02", address={"zip_code": "05010-000"})
    with pytest.raises(Refusal, match="são dois clientes"):
        merge(two[0].id, other.id, NOBODY_CHOSE)
    with pytest.raises(Refusal, match="a si mesmo"):
        merge(other.id, other.id, NOBODY_CHOSE)


def test_who_was_merged_is_changed_no_more_and_leads_on_in_one_step(two, client):
    kept, merged, _sale = two
    joined(kept, merged)
    third = customer(document="", name="Third")
    joined(third, kept, MergeChoices(address=MergeSide.MERGED))
    calls = api(client, make_token())
    assert calls.get(f"/customers/{merged.id}").json["merged_into"] == third.id
    assert calls.patch(f"/customers/{merged.id}", {"name": "X"}).status_code == 409
    sign_in(client)
    for gone in (kept, merged):
        page = client.get(f"/customers/{gone.id}")
        assert (page.status_code, page.location) == (302, f"/customers/{third.id}")
    assert f'"customer-{merged.id}"' not in client.get("/customers").text


def test_a_note_that_was_typed_meanwhile_is_kept_with_the_other_one(two, client, db):
    kept, merged, _sale = two
    joined(kept, merged)
    sign_in(client)
    written = client.post(
        f"/customers/{merged.id}/notes", data={"text": "Calls back"}, follow_redirects=True
    )
    assert written.request.path == f"/customers/{kept.id}" and "Calls back" in written.text


@pytest.mark.parametrize(
    ("ours", "theirs", "choice", "plan", "status"),
    [
        (None, "active", None, "gold", "active"),
        ("lapsed", "active", None, "gold", "active"),
        ("active", "active", None, "basic", "active"),
        ("active", "active", MergeSide.MERGED, "gold", "active"),
        ("active", "lapsed", MergeSide.MERGED, "basic", "active"),
    ],
)
def test_one_membership_goes_on(two, db, ours, theirs, choice, plan, status):
    kept, merged, _sale = two
    day = dt.date(2026, 1, 2)
    for number, held, state in ((kept.id, "basic", ours), (merged.id, "gold", theirs)):
        if state:
            membership = Membership.begin(number, held, day)
            db.session.add(membership)
            if state == "lapsed":
                membership.lapse("over", "ana@example.com")
    db.session.commit()
    joined(kept, merged, MergeChoices(membership=choice))
    rows = db.session.scalars(db.select(Membership)).all()
    of_one = [(row.plan, str(row.status)) for row in rows if row.customer_id == kept.id]
    assert of_one == [(plan, status)]
    assert not [row for row in rows if row.customer_id == merged.id and row.is_active]


def test_an_order_that_knew_them_before_is_begun_anew(two, db):
    kept, merged, _sale = two
    buyer = CUSTOMER | {"name": merged.name, "document": "", "email": merged.email}
    wanted = parse(SaleIn, sale_body(make_product().sku, customer=buyer, address=ABROAD))
    read_before = SaleLookups.read(wanted)
    joined(kept, merged)
    with pytest.raises(StaleDataError) as lost:
        create_sale(wanted, read_before)
    assert is_lost_race(lost.value)


def test_pairs_are_suggested_by_what_is_alike(two, db):
    kept, merged, _sale = two
    customer(name="Somebody else", email="", document="")
    found = [(pair.kept.id, pair.merged.id, pair.alike) for pair in pairs()]
    assert found == [(kept.id, merged.id, "email")]
    assert [twin.id for twin in db.session.scalars(twins_of(merged))] == [kept.id]
    joined(kept, merged)
    assert pairs() == []


@pytest.mark.both_databases
def test_pairs_are_looked_for_in_no_walk(db):
    plan = plan_of(db, pairs_alike())
    for index in ("email", "phone", "name_id"):
        assert f"ix_customers_{index}" in plan, plan
    walks = ("SCAN other", "Seq Scan on customers")
    assert not [step for step in plan.splitlines() if step.strip(" ->").startswith(walks)], plan


def test_a_manager_compares_confirms_and_merges(two, client):
    kept, merged, _sale = two
    path = f"/customers/{kept.id}/merge"
    sign_in(client)
    assert client.get(path).status_code == 403
    sign_in(client, "manager")
    assert "Compare" in client.get("/customers/duplicates").text
    _header, line = rows_of(client.get("/exports/duplicates.csv", buffered=True))
    assert line[::2] == [merged.name, kept.name, "the same e-mail"]
    assert f"with={merged.id}" in client.get(path).text
    preview = client.get(f"{path}?with={merged.id}").text
    assert "Rua Nova" in preview and "1 order goes over" in preview
    asked = {"from": str(merged.id), "address": "merged"}
    refused = client.post(path, data=asked)
    assert refused.status_code == 422 and "cannot be undone" in refused.text
    done = client.post(path, data=asked | {"confirmed": "1"}, follow_redirects=True)
    assert "They are one customer now" in done.text and "Rua Nova" in done.text


def test_a_program_merges_too(two, client):
    kept, merged, _sale = two
    calls = api(client, make_token("manager"))
    for _twice in range(2):
        told = calls.post(f"/customers/{kept.id}/merge", {"from": merged.id})
        assert (told.status_code, told.json["id"]) == (200, kept.id)
    assert calls.post(f"/customers/{kept.id}/merge", {"from": 999}).status_code == 404


def test_nobody_is_missed_before_anybody_was_searched(client, db):
    sign_in(client, "manager")
    alone = make_sale().customer
    path = f"/customers/{alone.id}/merge"
    assert "Who is the other one?" in client.get(path).text
    assert "Nobody found" in client.get(f"{path}?q=zzz").text
