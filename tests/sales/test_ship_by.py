"""When each order must leave: set once it is paid, told by its channel, reckoned anew with the
shop's terms, and read as lists of what is late, leaves today or will not make it."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from tests.factories import (
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sale_body,
    sign_in,
    work_off,
)
from tests.support.packing_slips import awaiting, shipped, slips
from webapp.http.forms import parse
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.errors import Invalid
from webapp.processing import ship_by as reckoning
from webapp.processing.cancellation import cancel
from webapp.processing.ship_by import reckon_ship_by
from webapp.processing.sweeping import sweep_once
from webapp.sale_pages.order_form import SaleForm
from webapp.sales.forms import SaleIn
from webapp.sales.leaving import Due
from webapp.sales.models import Sale, Shipping
from webapp.sales.queries import sales
from webapp.sales.shipping_times import ship_by
from webapp.store.dispatch import terms_of
from webapp.store.queries import the_shop

MONDAY = dt.datetime(2026, 11, 30, 12, 0, tzinfo=dt.UTC)
# Tuesday at 17:00 in São Paulo, a working day later.
TUESDAY_AT_FIVE = dt.datetime(2026, 12, 1, 20, 0, tzinfo=dt.UTC)
TOLD = dt.datetime(2026, 12, 4, 15, 0, tzinfo=dt.UTC)


def paid_on_monday(**changes) -> Sale:
    sale = make_sale(paid=False, **changes)
    sale.pay(MONDAY)
    database.session.commit()
    return sale


def leaving(sale_id: int) -> dt.datetime | None:
    return database.session.scalar(select(Sale.ship_by).where(Sale.id == sale_id))


def test_it_is_known_once_the_order_is_paid(db):
    unpaid = make_sale(paid=False)
    assert unpaid.ship_by is None
    assert paid_on_monday().ship_by == TUESDAY_AT_FIVE
    at_once = make_sale()
    assert at_once.ship_by == ship_by(at_once.paid_at, terms_of(the_shop()))


def test_where_nothing_leaves_there_is_none(db):
    ebook = make_product(kind="ebook")
    assert paid_on_monday(sku=ebook.sku).ship_by is None


def test_a_gift_on_a_disc_gives_what_needs_no_parcel_its_moment(db):
    sale = paid_on_monday(sku=make_product(kind="ebook").sku)
    sale.lines[0].kind = make_product(kind="video").kind
    sale.move_parcel(Shipping.TO_PACK)
    assert sale.ship_by == TUESDAY_AT_FIVE


def test_a_cancelled_order_leaves_never(db):
    [slip] = slips("WEB-1")
    assert slip.sale.ship_by
    cancel(slip.sale, "no longer wanted")
    db.session.commit()
    assert leaving(slip.sale_id) is None


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-12-04T15:00:00Z", TOLD),
        ("2026-12-04T12:00:00-03:00", TOLD),
        # A day alone is its last minute by the shop's clock.
        ("2026-12-04", dt.datetime(2026, 12, 5, 2, 59, tzinfo=dt.UTC)),
    ],
)
def test_the_channel_may_tell_its_own(client, db, told, moment):
    calls = api(client, make_token())
    answer = calls.post("/sales", sale_body(make_product().sku, ship_by=told))
    assert answer.status_code == 201, answer.json
    assert dt.datetime.fromisoformat(answer.json["ship_by"]) == moment
    assert leaving(answer.json["id"]) == moment


@pytest.mark.parametrize("told", ["soon", "2026-13-01", "1999-01-01", 20261204, "9999-12-31", True])
def test_what_is_no_moment_is_refused_at_the_field(client, db, told):
    calls = api(client, make_token())
    answer = calls.post("/sales", sale_body(make_product().sku, ship_by=told))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["ship_by"]


def test_a_person_writes_it_in_the_shops_time(db):
    body = sale_body(make_product().sku)
    moments = {
        "2026-12-04T12:00": TOLD,
        "04/12/2026 12:00": TOLD,
        "04/12/2026": dt.datetime(2026, 12, 5, 2, 59, tzinfo=dt.UTC),
        "": None,
    }
    for written, moment in moments.items():
        assert parse(SaleIn, body | {"ship_by": written}, form=True).ship_by == moment
    for written in ("soon", "32/12/2026", "2026-12-04T25:00", "04/12/1999"):
        with pytest.raises(Invalid) as refused:
            parse(SaleIn, body | {"ship_by": written}, form=True)
        assert [error.field for error in refused.value.errors] == ["ship_by"]


def test_the_orders_form_shows_and_keeps_it(client, db):
    open_shop()
    sale = make_sale(paid=False, ship_by="2026-12-04T15:00:00Z")
    sign_in(client)
    address = f"/sales/{sale.id}/edit"
    assert 'value="2026-12-04T12:00"' in client.get(address).text
    form = SaleForm.of(sale)
    typed = {name: form.value(name) for name in form.raw_input}
    typed |= {"lines.0.sku": sale.lines[0].sku, "lines.0.quantity": "1"}
    refused = client.post(address, data=typed | {"ship_by": "soon"})
    assert refused.status_code == 422 and 'id="f-ship_by-error"' in refused.text
    assert client.post(address, data=typed | {"ship_by": "2026-12-07T09:30"}).status_code == 303
    assert leaving(sale.id) == dt.datetime(2026, 12, 7, 12, 30, tzinfo=dt.UTC)
    typed["version"] = str(database.session.get_one(Sale, sale.id).version)
    assert client.post(address, data=typed | {"ship_by": ""}).status_code == 303
    assert leaving(sale.id) is None


def test_a_change_of_something_else_keeps_what_the_channel_told(client, db):
    calls = api(client, make_token())
    body = sale_body(make_product().sku, paid=False, ship_by="2026-12-04T15:00:00Z")
    path = f"/sales/{calls.post('/sales', body).json['id']}"
    assert calls.patch(path, {"freight": "5.00"}).json["ship_by"] == "2026-12-04T15:00:00+00:00"
    assert calls.post(f"{path}/payment").json["ship_by"] == "2026-12-04T15:00:00+00:00"


def test_a_body_without_it_is_the_same_body_as_before(client, db):
    calls, sku = api(client, make_token()), make_product().sku
    first = calls.post("/sales", sale_body(sku), Idempotency_Key="k-1")
    again = calls.post("/sales", sale_body(sku, ship_by=None), Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)


# -- the shop's terms -----------------------------------------------------------------------------

FORM = {
    "cut_off": "14:00",
    "pick_up": "18:30",
    "preparation_days": "2",
    "monday": "1",
    "tuesday": "1",
    "wednesday": "1",
    "thursday": "1",
    "friday": "1",
    "saturday": "0",
    "sunday": "0",
    "days_off": "2026-12-02\n03/12/2026",
}


def save(client, **changes):
    form = FORM | {"version": the_shop().version} | changes
    return client.post("/settings/dispatch", data=form)


@pytest.mark.both_databases
def test_what_has_not_left_is_reckoned_anew_slice_by_slice(client, db, monkeypatch):
    monkeypatch.setattr(reckoning, "SLICE", 2)
    open_shop()
    moved = [paid_on_monday().id for _ in range(3)]
    told = make_sale(ship_by="2026-12-04T15:00:00Z").id
    out = paid_on_monday()
    out.move_parcel(Shipping.TO_PACK)
    out.move_parcel(Shipping.SHIPPED)
    db.session.commit()
    sign_in(client, "admin")
    assert save(client).status_code == 303

    # Monday, and two working days with Wednesday and Thursday off: Friday at half past six.
    friday = dt.datetime(2026, 12, 4, 21, 30, tzinfo=dt.UTC)
    assert [reckon_ship_by() for _ in range(3)] == [2, 1, 0]
    db.session.expire_all()
    assert [leaving(sale_id) for sale_id in moved] == [friday] * 3
    assert (leaving(told), leaving(out.id)) == (TOLD, TUESDAY_AT_FIVE)
    assert the_shop().ship_by_from is None
    assert save(client, version=the_shop().version).status_code == 303
    assert the_shop().ship_by_from is None, "the same terms again are no change"


def test_another_zone_is_a_change_of_terms_and_a_sweeper_does_it(client, db):
    sale = paid_on_monday()
    sign_in(client, "admin")
    form = {"time_zone": "America/Manaus", "hold_hours": "72", "review_policy": "exceptions"}
    form |= {"clerk_discount_limit": "", "reviewer_discount_limit": "", "clerk_prices_locked": "0"}
    form |= {"version": the_shop().version}
    assert client.post("/settings/house", data=form).status_code == 303
    sweep_once()
    assert leaving(sale.id) == TUESDAY_AT_FIVE + dt.timedelta(hours=1)
    assert the_shop().ship_by_from is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cut_off": "25:00"}, "cut_off"),
        ({"cut_off": "noon"}, "cut_off"),
        ({"pick_up": ""}, "pick_up"),
        ({"preparation_days": "-1"}, "preparation_days"),
        ({"preparation_days": "0", "cut_off": "19:00"}, "cut_off"),
        ({"days_off": "2026-12-25 31/02/2026"}, "days_off"),
        ({day: "0" for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}, "monday"),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_the_field(client, db, changes, field):
    sign_in(client, "admin")
    answer = save(client, **changes)
    assert answer.status_code == 422 and f'id="f-{field}-error"' in answer.text
    assert (the_shop().cut_off, the_shop().preparation_days) == ("14:00", 1)


# -- lists ----------------------------------------------------------------------------------------


def set_moment(sale_id: int, moment: dt.datetime) -> None:
    database.session.execute(update(Sale).where(Sale.id == sale_id).values(ship_by=moment))
    database.session.commit()


def end_of_today() -> dt.datetime:
    """A second before midnight by the shop's clock."""
    today = utc_now().astimezone(ZoneInfo("America/Sao_Paulo"))
    return today.replace(hour=23, minute=59, second=59, microsecond=0)


@pytest.fixture
def late_today_and_waiting(db):
    """Late, today, in a week, already out; and one that waits for its NF-e and leaves today."""
    late, today, later, out = slips("LATE", "TODAY", "LATER", "OUT")
    waiting = awaiting("WAITS")
    shipped(out)
    now = utc_now()
    set_moment(late.sale_id, now - dt.timedelta(hours=1))
    set_moment(out.sale_id, now - dt.timedelta(hours=2))
    set_moment(today.sale_id, end_of_today())
    set_moment(waiting.sale_id, end_of_today() - dt.timedelta(seconds=1))
    set_moment(later.sale_id, now + dt.timedelta(days=20))


VIEWS = {
    "late": ["LATE"],
    "today": ["WAITS", "TODAY"],
    "will_miss": ["WAITS"],
    "any": ["LATE", "WAITS", "TODAY", "LATER"],
}


@pytest.mark.usefixtures("late_today_and_waiting")
def test_lists_say_what_is_late_leaves_today_and_will_not_make_it(client, db):
    sign_in(client)
    for path in ("/sales", "/packing-slips"):
        for view, wanted in VIEWS.items():
            page = client.get(f"{path}?due={view}").text
            shown = re.findall(r'<td class="nowrap"><a href="[^"]+">([A-Z]+)</a>', page)
            assert shown == wanted, (path, view)
        page = client.get(f"{path}?due=any&sort=-ship_by").text
        shown = re.findall(r'<td class="nowrap"><a href="[^"]+">([A-Z]+)</a>', page)
        assert shown == VIEWS["any"][::-1], path


def test_an_unknown_view_is_refused_in_words(client, db):
    sign_in(client)
    assert client.get("/sales?due=never").status_code == 422


def test_an_order_not_paid_yet_is_in_no_view(db):
    make_sale(paid=False, ship_by="2026-11-01")
    assert [due for due in Due if db.session.scalars(sales(due=due)).first()] == []


def test_the_order_and_its_slip_say_when_it_leaves(client, db):
    [slip] = slips("WEB-1")
    set_moment(slip.sale_id, TUESDAY_AT_FIVE)
    sign_in(client)
    assert "leaves by 1 Dec 17:00" in client.get(f"/sales/{slip.sale_id}").text
    assert "leaves by 1 Dec 17:00" in client.get(f"/packing-slips/{slip.id}").text
    calls = api(client, make_token())
    told = calls.get(f"/sales/{slip.sale_id}/packing-slip").json["ship_by"]
    assert told == "2026-12-01T20:00:00+00:00"


def test_work_sets_no_moment_twice(db):
    open_shop()
    sale = paid_on_monday()
    work_off()
    assert leaving(sale.id) == TUESDAY_AT_FIVE
