"""Memberships end by their plan's term: renewed by another sale, reminded ahead, lapsed by
themselves."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from tests.factories import CUSTOMER, api, make_product, make_token, sign_in, work_off
from tests.support.processed_sales import sold
from webapp.fulfilment.memberships.models import Membership, MembershipEvent, MembershipStatus
from webapp.fulfilment.memberships.terms import PlanTerm, set_terms
from webapp.http.formatting import shop_day
from webapp.messages.models import Message
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.cancellation import cancel
from webapp.store.queries import the_shop


@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [
        ("2026-11-30", 12, "2027-11-29"),
        ("2026-12-01", 1, "2026-12-31"),
        ("2026-01-15", 6, "2026-07-14"),
        # February has no 30th or 31st: the month to come begins on its 1st.
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-30", 6, "2028-02-29"),
        ("2026-10-31", 1, "2026-11-30"),
    ],
)
def test_the_last_day_by_the_calendar(begins, months, ends):
    found = PlanTerm(months).last_day(dt.date.fromisoformat(begins))
    assert found == dt.date.fromisoformat(ends)


def test_bought_again_what_is_left_is_not_lost():
    year, today = PlanTerm(12), dt.date(2026, 11, 30)
    assert year.renewed(dt.date(2027, 1, 31), today) == dt.date(2028, 1, 31)
    assert year.renewed(today, today) == dt.date(2027, 11, 30)
    assert year.renewed(dt.date(2026, 11, 29), today) == dt.date(2027, 11, 29)
    assert year.renewed(None, today) == dt.date(2027, 11, 29)
    assert PlanTerm().renewed(dt.date(2027, 1, 31), today) is None


def a_year_of_gold() -> str:
    """The SKU of a membership that lasts twelve months, of whose end people hear 14 days ahead."""
    set_terms([("gold", PlanTerm(12, 14))])
    database.session.commit()
    return make_product(kind="membership", plan="gold").sku


def the_membership() -> Membership:
    return database.session.scalars(select(Membership)).one()


def kinds() -> list[str]:
    query = select(MembershipEvent.kind).order_by(MembershipEvent.id)
    return list(database.session.scalars(query))


def reminders() -> list[Message]:
    query = select(Message).where(Message.template == "membership_ends_soon")
    return list(database.session.scalars(query))


def end_in(days: int) -> dt.date:
    """The membership's last day is so many days from today, and it is looked at."""
    last = shop_day(utc_now()) + dt.timedelta(days)
    now = utc_now()
    database.session.execute(update(Membership).values(ends_on=last, due_at=now))
    database.session.execute(update(MembershipEvent).values(ends_on=last))
    work_off()
    return last


def test_a_sale_of_the_plan_begins_a_term_and_another_renews_it(db):
    sku = a_year_of_gold()
    sold(sku)
    first = the_membership()
    today = shop_day(utc_now())
    assert first.ends_on == PlanTerm(12).last_day(today)
    # In a year less two weeks it is looked at again.
    assert first.due_at and first.due_at > utc_now() + dt.timedelta(days=340)
    sold(sku)
    again = the_membership()
    assert again.since == today and kinds() == ["activated", "renewed"]
    assert again.ends_on == PlanTerm(12).renewed(PlanTerm(12).last_day(today), today)


def test_the_owner_is_reminded_once_and_then_it_lapses_by_itself(db):
    sale = sold(a_year_of_gold())
    end_in(15)
    assert reminders() == []
    last = end_in(14)
    [reminder] = reminders()
    assert (reminder.recipient, reminder.sale_id) == (CUSTOMER["email"], sale.id)
    assert last.strftime("%d/%m/%Y") in str(reminder.params)
    database.session.execute(update(Membership).values(due_at=utc_now()))
    work_off()
    assert len(reminders()) == 1
    end_in(0)
    assert the_membership().status is MembershipStatus.ACTIVE, "its last day counts"
    end_in(-1)
    over = the_membership()
    assert over.status is MembershipStatus.LAPSED and over.due_at is None
    assert kinds() == ["activated", "ended"]
    sold(make_product(kind="membership_reactivation", plan="gold").sku)
    assert the_membership().ends_on == PlanTerm(12).last_day(shop_day(utc_now()))


def test_a_cancelled_order_gives_its_renewal_back(db):
    sku = a_year_of_gold()
    sold(sku)
    before = the_membership().ends_on
    again = sold(sku)
    cancel(again, "changed their mind")
    db.session.commit()
    kept = the_membership()
    assert (kept.status, kept.ends_on) == (MembershipStatus.ACTIVE, before)


def test_without_a_term_nothing_ends(db):
    sold(make_product(kind="membership", plan="silver").sku)
    kept = the_membership()
    assert (kept.ends_on, kept.due_at) == (None, None)


def test_marked_as_active_again_it_runs_for_another_term(client, db):
    sold(a_year_of_gold())
    end_in(-1)
    sign_in(client, "manager")
    path = f"/memberships/{the_membership().id}/resumption"
    assert client.post(path, data={"reason": "paid in cash"}).status_code == 303
    work_off()
    kept = the_membership()
    assert kept.is_active and kept.ends_on == PlanTerm(12).last_day(shop_day(utc_now()))


def test_terms_are_set_on_their_page(client, db):
    make_product(kind="membership", plan="gold")
    sign_in(client, "manager")
    assert "gold" in client.get("/memberships/plans").text
    form = {"plans.0.plan": "gold", "plans.0.months": "6", "plans.0.reminded_days": "7"}
    form["version"] = the_shop().version
    assert client.post("/memberships/plans", data=form).status_code == 303
    assert the_shop().membership_terms == {"gold": [6, 7]}
    wrong = form | {"version": the_shop().version, "plans.0.months": "0"}
    refused = client.post("/memberships/plans", data=wrong)
    assert refused.status_code == 422 and 'id="f-plans-0-months-error"' in refused.text


def test_list_page_and_call_tell_the_last_day(client, db):
    sold(a_year_of_gold())
    last = end_in(20)
    sign_in(client)
    page = client.get("/memberships?status=ending").text
    assert 'data-status="active"' in page and "sort=-ends_on" in page
    told = api(client, make_token()).get("/memberships").json["items"][0]["ends_on"]
    assert told == last.isoformat()
