"""Memberships: what sales make of them, as list and call."""

import datetime as dt

import pytest

from tests.factories import CUSTOMER, api, make_product, make_token, sign_in
from tests.support.processed_sales import sold
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.platform.errors import Refusal

ANOTHER = {"name": "Ana Souza", "document": "529.982.247-25", "email": "ana@example.com"}


def membership_of(db) -> Membership:
    return db.session.scalars(db.select(Membership)).one()


def test_a_paid_membership_is_active_and_listed(db, client):
    sale = sold(make_product(kind="membership", plan="gold").sku)
    sign_in(client)
    page = client.get("/memberships").text
    assert f'id="membership-{membership_of(db).id}" data-status="active"' in page
    assert "José da Conceição" in page and "gold" in page
    found = api(client, make_token()).get(f"/memberships?customer={sale.customer_id}").json["items"]
    today = membership_of(db).since.isoformat()
    assert found == [
        {"customer": sale.customer_id, "plan": "gold", "status": "active", "since": today}
        | {"ends_on": None}
    ]


def test_an_upgrade_changes_the_plan_and_not_the_day(db):
    sold(make_product(kind="membership", plan="silver").sku)
    membership_of(db).since = dt.date(2025, 1, 31)
    db.session.commit()
    sold(make_product(kind="membership_upgrade", plan="gold").sku)
    kept = membership_of(db)
    assert (kept.plan, kept.since) == ("gold", dt.date(2025, 1, 31))


def test_a_reactivation_makes_a_lapsed_one_active_from_today(db):
    sold(make_product(kind="membership", plan="silver").sku)
    lapsed = membership_of(db)
    lapsed.status, lapsed.since = MembershipStatus.LAPSED, dt.date(2025, 1, 31)
    db.session.commit()
    sold(make_product(kind="membership_reactivation", plan="silver").sku)
    kept = membership_of(db)
    assert kept.status is MembershipStatus.ACTIVE and kept.since > dt.date(2026, 1, 1)


def test_only_an_active_membership_is_upgraded(db):
    with pytest.raises(Refusal, match="ativa"):
        Membership(plan="silver", status=MembershipStatus.LAPSED).upgrade("gold")


def test_tabs_and_words_filter_the_list(db, client):
    plan = make_product(kind="membership", plan="gold").sku
    sold(plan, customer=CUSTOMER)
    jose = membership_of(db).id
    sold(plan, customer=ANOTHER)
    ana = db.session.scalars(db.select(Membership).where(Membership.id != jose)).one()
    ana.status, ana_id = MembershipStatus.LAPSED, ana.id
    db.session.commit()
    sign_in(client)

    def shown(query):
        page = client.get(f"/memberships?{query}", follow_redirects=True).text
        return [id for id in (jose, ana_id) if f'id="membership-{id}"' in page]

    assert shown("") == [jose, ana_id]
    assert shown("status=active") == [jose] and shown("status=lapsed") == [ana_id]
    assert (
        shown("q=souza") == [ana_id]
        and shown("q=111.444.777-35") == [jose]
        and shown("q=nobody") == []
    )


def test_a_row_can_be_fetched_alone(db, client):
    sold(make_product(kind="membership").sku)
    sign_in(client)
    assert "<template>" in client.get(f"/memberships/rows?ids={membership_of(db).id}").text


@pytest.mark.parametrize("written", ["x", "-1", "1.5", "99999999999999999999"])
def test_a_customer_that_is_no_id_is_refused(db, client, written):
    answer = api(client, make_token()).get(f"/memberships?customer={written}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "customer")


def test_an_empty_list_teaches_what_fills_it(db, client):
    sign_in(client)
    assert "Sell a product of the kind" in client.get("/memberships").text


# -- one membership, its history, and what is marked by hand


def mark(client, membership, verb, reason="Stopped paying"):
    return client.post(f"/memberships/{membership.id}/{verb}", data={"reason": reason})


@pytest.fixture
def manager(db, client):
    sign_in(client, "manager", email="rosa@example.com", name="Rosa Prado")
    return client


@pytest.fixture
def silver(db):
    sold(make_product(kind="membership", plan="silver").sku, reference="WEB-1")
    return membership_of(db)


def test_its_page_tells_what_changed_it_with_the_orders(silver, manager):
    sale = sold(make_product(kind="membership_upgrade", plan="gold").sku, reference="WEB-2")
    page = manager.get(f"/memberships/{silver.id}").text
    assert page.index("Upgraded") < page.index("Activated")
    assert (
        "silver → gold" in page
        and f'href="/sales/{sale.id}">Order WEB-2' in page
        and "Order WEB-1" in page
    )
    customer = manager.get(f"/customers/{silver.customer_id}").text
    assert f'href="/memberships/{silver.id}"' in customer and "silver → gold" in customer


def test_marked_as_lapsed_with_a_reason_it_is_lapsed_and_keeps_its_first_day(silver, manager, db):
    silver.since = dt.date(2025, 1, 31)
    db.session.commit()
    assert "no end" in manager.get(f"/memberships/{silver.id}").text
    assert mark(manager, silver, "lapse").status_code == 303
    db.session.refresh(silver)
    assert (silver.status, silver.since) == (MembershipStatus.LAPSED, dt.date(2025, 1, 31))
    page = manager.get(f"/memberships/{silver.id}").text
    assert "Marked as lapsed" in page and "Stopped paying" in page and "Rosa Prado" in page
    assert "no end" not in page


def test_marked_twice_it_has_one_entry(silver, manager):
    mark(manager, silver, "lapse")
    mark(manager, silver, "lapse", "Again")
    page = manager.get(f"/memberships/{silver.id}").text
    assert page.count("timeline-person") == 1 and "Again" not in page


def test_a_mistake_is_undone_as_it_was(silver, manager, db):
    since = silver.since
    mark(manager, silver, "lapse")
    mark(manager, silver, "resumption", "It was somebody else")
    db.session.refresh(silver)
    assert (silver.status, silver.since, silver.plan) == (MembershipStatus.ACTIVE, since, "silver")
    assert "It was somebody else" in manager.get(f"/memberships/{silver.id}").text


def test_a_sale_reactivates_what_was_marked_as_lapsed(silver, manager, db):
    mark(manager, silver, "lapse")
    sold(make_product(kind="membership_reactivation", plan="silver").sku)
    db.session.refresh(silver)
    assert silver.status is MembershipStatus.ACTIVE
    assert "Reactivated" in manager.get(f"/memberships/{silver.id}").text


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "two\nlines"])
def test_a_reason_is_asked_for_and_what_was_typed_stays(silver, manager, db, reason):
    answer = mark(manager, silver, "lapse", reason)
    assert answer.status_code == 422 and 'id="f-reason-error"' in answer.text
    db.session.refresh(silver)
    assert silver.status is MembershipStatus.ACTIVE


def test_a_clerk_sees_it_and_a_manager_marks_it(silver, client):
    sign_in(client, "clerk")
    assert "Mark as lapsed" not in client.get(f"/memberships/{silver.id}").text
    assert mark(client, silver, "lapse").status_code == 403


@pytest.mark.both_databases
def test_upgraded_ones_have_a_tab_of_their_own(db, client):
    basic = make_product(kind="membership", plan="silver").sku
    sold(basic, customer=ANOTHER)
    sold(basic)
    sold(make_product(kind="membership_upgrade", plan="gold").sku)
    sign_in(client)
    page = client.get("/memberships?status=upgraded").text
    assert "José da Conceição" in page and "Ana Souza" not in page


@pytest.mark.parametrize("path", ["/memberships/999", "/memberships/99999999999999999999"])
def test_a_membership_that_is_not_there_is_not_found(manager, path):
    assert manager.get(path).status_code == 404
