"""All that waits for a person stands in one queue, is mended right there, drops out and goes on."""

import datetime as dt

import pytest
from lxml import html

from tests.factories import (
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sign_in,
    work_off,
)
from tests.support.processed_sales import shop_that_holds, sold
from webapp.attention import kinds as waiting_kinds
from webapp.attention.kinds import KINDS
from webapp.attention.queries import QueueOrder, counts, queue
from webapp.customers.models import Taxpayer
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice
from webapp.messages.models import Message, MessageStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.tax_holds import let_go_on
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import Sale
from webapp.web.navigation import menu_counts

NOWHERE = {"zip_code": "05010-000", "number": ""}


def keys(page) -> list[str]:
    """Of the rows, in their order."""
    return [each.removeprefix("attention-") for each in page.xpath("//tr[@data-row-key]/@id")]


def opened(client, key: str):
    return html.fromstring(client.get(f"/attention?open={key}").text)


def the_form(page, name: str):
    """Of the opened row, the one that does that."""
    actions = [(form.get("action", "").partition("?")[0], form) for form in page.forms]
    return next(form for action, form in actions if action.endswith(f"/{name}"))


def sent(client, key: str, name: str, **typed):
    """Fills in the form of that name, or presses its button, as the opened row has it."""
    form = the_form(opened(client, key), name)
    values = dict(form.form_values()) | {n.replace("__", "."): v for n, v in typed.items()}
    return client.post(form.get("action"), data=values)


@pytest.fixture
def shop(db):
    open_shop()


def stopped(reference="WEB-1") -> Sale:
    sale = make_sale(reference=reference, address=NOWHERE)
    work_off()
    return sale


def bought_by_a_company(reference: str) -> Sale:
    """Whose registration the authority would refuse."""
    company = {"name": "Oficina Serra Azul Ltda", "document": "11.444.777/0001-61"}
    sale = make_sale(reference=reference, customer=company)
    sale.customer_taxpayer = sale.customer.taxpayer = Taxpayer.CONTRIBUTOR
    sale.customer_state_registration = sale.customer.state_registration = "1"
    database.session.commit()
    return sale


def status_of(db, sale: Sale) -> str:
    db.session.expire_all()
    return str(db.session.get_one(Sale, sale.id).status)


def test_an_address_is_mended_there_and_the_order_goes_on_by_itself(client, db, shop):
    sale, other = stopped(), stopped("WEB-2")
    sign_in(client)
    page = html.fromstring(client.get("/attention").text)
    assert keys(page) == [f"address-{sale.id}", f"address-{other.id}"], "the longest waiting first"
    assert "once fixed, it goes on by itself" in page.text_content()
    answer = sent(client, f"address-{sale.id}", "address", address__number="12")
    assert answer.status_code == 303 and f"at=address-{other.id}" in answer.location
    page = html.fromstring(client.get(answer.location).text)
    assert keys(page) == [f"address-{other.id}"]
    (link,) = page.xpath("//main//a[@autofocus]")
    assert link.get("href").endswith(f"open=address-{other.id}"), "one goes on with the next"
    work_off()
    assert status_of(db, sale) == "invoiced"


def test_what_is_wrong_with_a_field_is_told_there_and_nothing_typed_is_lost(client, db, shop):
    sale = stopped()
    sign_in(client)
    typed = {"address__zip_code": "12", "address__number": "7 bis"}
    answer = sent(client, f"address-{sale.id}", "address", **typed)
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    assert page.xpath("//*[@id='f-address-zip_code-error']")
    assert page.get_element_by_id("f-address-number").value == "7 bis"
    assert "data-live-list" not in answer.text, "no news takes it away"


def test_what_somebody_else_has_dealt_with_is_said_so(client, db, shop):
    sale = stopped()
    sign_in(client)
    act = the_form(opened(client, f"address-{sale.id}"), "address")
    assert sent(client, f"address-{sale.id}", "address", address__number="1").status_code == 303
    again = dict(act.form_values()) | {"address.number": "2"}
    answer = client.post(act.get("action"), data=again)
    assert "Somebody has dealt with it" in client.get(answer.location).text
    db.session.expire_all()
    assert db.session.get_one(Sale, sale.id).number == "1"


def test_a_product_s_ncm_and_a_customer_s_name_are_written_there(client, db, shop):
    sale = make_sale(sku=make_product(ncm="").sku)
    work_off()
    key = f"note-{sale.id}"
    sign_in(client)
    assert sent(client, key, "product", value="12").status_code == 422
    assert sent(client, key, "product", value="42029200").status_code == 303
    work_off()
    assert status_of(db, sale) == "invoiced"


def test_a_customer_s_registration_is_written_there_or_on_their_own_page(client, db, shop):
    """Wherever it is mended, the order goes on by itself."""
    first = bought_by_a_company("WEB-1")
    work_off()
    sign_in(client)
    page = opened(client, f"note-{first.id}")
    assert "State registration" in page.text_content(), page.text_content()
    answer = sent(client, f"note-{first.id}", "customer", value="110042490114")
    assert answer.status_code == 303
    work_off()
    assert status_of(db, first) == "invoiced"
    second = bought_by_a_company("WEB-2")
    work_off()
    assert status_of(db, second) == "attention"
    customer = db.session.get_one(Sale, second.id).customer
    customer.state_registration = "110042490114"
    db.session.commit()
    assert (let_go_on(), let_go_on()) == (1, 0)
    work_off()
    assert status_of(db, second) == "invoiced"


def test_every_other_kind_drops_out_when_it_is_dealt_with(client, db, shop):
    sale = sold(make_product().sku)
    unpaid = make_sale(paid=False)
    day = utc_now() - dt.timedelta(days=2)
    effect = db.session.scalars(db.select(Effect)).first()
    effect.status, effect.error, effect.kind = EffectStatus.FAILED, "ValueError: x", "task"
    task = Task(sale_id=sale.id, code="repack", params={"items": "2 × SKU"})
    mail = {"recipient": "nobody@example.com", "locale": "en", "template": "invoice_authorized"}
    failed = Message(sale_id=sale.id, status=MessageStatus.FAILED, error="recipient: 550", **mail)
    db.session.add_all([task, failed])
    db.session.execute(db.update(Sale).where(Sale.id == unpaid.id).values(created_at=day))
    db.session.commit()
    sign_in(client, "manager")
    found = keys(html.fromstring(client.get("/attention").text))
    expected = [f"payment-{unpaid.id}", f"effect-{effect.id}", f"task-{task.id}"]
    assert found[:1] == expected[:1] and {*found} == {*expected, f"message-{failed.id}"}
    assert sent(client, f"task-{task.id}", "outcome", outcome="Packed again").status_code == 303
    assert sent(client, f"payment-{unpaid.id}", "payment").status_code == 303
    assert sent(client, f"effect-{effect.id}", "retry").status_code == 303
    left = keys(html.fromstring(client.get("/attention").text))
    assert left == [f"message-{failed.id}"]
    refused = sent(client, left[0], "recipient", recipient="right@example.com")
    assert "E-mail isn't set up" in html.fromstring(refused.text).text_content()


def test_a_reviewer_approves_and_returns_there_and_a_clerk_only_reads(client, app, db):
    shop_that_holds()
    sales = [make_sale(reference=f"WEB-{number}") for number in (1, 2)]
    work_off()
    first, second = (f"review-{row}" for row in db.session.scalars(db.select(Invoice.id)))
    clerk = app.test_client()
    sign_in(clerk)
    assert "/attention/review" not in clerk.get(f"/attention?open={first}").text
    sign_in(client, "reviewer")
    assert sent(client, first, "approval").status_code == 303
    answer = sent(client, second, "rejection", code="items", comment="Two boxes")
    assert answer.status_code == 303
    work_off()
    assert [status_of(db, sale) for sale in sales] == ["invoiced", "attention"]
    assert keys(html.fromstring(client.get("/attention").text)) == [f"note-{sales[1].id}"]


@pytest.mark.both_databases
def test_the_queue_is_paged_by_age_and_by_money_and_nobody_is_met_twice(client, db):
    """Of three kinds, some of one very moment."""
    open_shop()
    moment, prices = utc_now(), ("10.00", "30.00", "20.00")
    sales = [
        make_sale(sku=make_product(price=price).sku, address=NOWHERE, freight="0.00")
        for price in prices
    ]
    work_off()
    told = {"code": "repack", "params": {"items": "2 × SKU"}, "created_at": moment}
    tasks = [Task(sale_id=sale.id, **told) for sale in sales]
    db.session.add_all(tasks)
    db.session.execute(db.update(Sale).values(waits_since=moment))
    db.session.commit()
    calls = api(client, make_token())
    for sort in QueueOrder:
        met, cursor = [], ""
        while cursor is not None:
            answer = calls.get(f"/attention?limit=2&sort={sort}&cursor={cursor}").json
            met += [(item["kind"], item["id"], item["amount"]) for item in answer["items"]]
            cursor = answer["next_cursor"]
        ids = [sale.id for sale in sales]
        of_sales = dict(zip(ids, prices, strict=True))
        assert {(kind, row) for kind, row, _amount in met} == {
            *(("address", sale_id) for sale_id in ids),
            *(("task", task.id) for task in tasks),
        }
        assert len(met) == 6
        if sort is QueueOrder.AMOUNT:
            amounts = [amount for *_item, amount in met]
            assert amounts == ["30.00", "30.00", "20.00", "20.00", "10.00", "10.00"]
        assert all(of_sales[row] == amount for kind, row, amount in met if kind == "address")
    (item,) = calls.get("/attention?limit=1&kind=address").json["items"]
    assert (item["sale"], item["field"], item["waits_for"]) == (
        sales[0].id,
        "address.number",
        "team",
    )
    assert calls.get("/attention?cursor=WzEsIDJd").status_code == 422
    assert calls.get("/attention?kind=nothing").status_code == 422


def test_by_money_the_dearest_stands_first_however_many_wait(db, monkeypatch):
    open_shop()
    prices = ("10.00", "20.00", "30.00")
    for price in prices:
        make_sale(sku=make_product(price=price).sku, address=NOWHERE, freight="0.00")
    work_off()
    monkeypatch.setattr(waiting_kinds, "COUNT_LIMIT", 1)
    found = queue(order=QueueOrder.AMOUNT).items
    assert [str(item.amount) for item in found] == [*reversed(prices)]


def test_counts_and_the_queue_tell_the_same(db):
    open_shop()
    stopped()
    assert {kind.name for kind in KINDS} == counts().keys()
    assert {name: count for name, count in counts().items() if count} == {"address": 1}
    assert [item.kind for item in queue().items] == ["address"]


def test_the_menu_counts_what_came_to_be_unpaid_for_a_day_since_the_start(db, monkeypatch):
    """What it counts is written once for the process."""
    make_sale(paid=False)
    waits = [menu_counts()["clerk"]["attention.index"]]
    later = utc_now() + waiting_kinds.UNPAID_AFTER + dt.timedelta(hours=1)
    monkeypatch.setattr(waiting_kinds, "utc_now", lambda: later)
    waits.append(menu_counts()["clerk"]["attention.index"])
    assert waits == [0, 1]
