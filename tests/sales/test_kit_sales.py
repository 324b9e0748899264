"""What a kit's sale takes are its parts, and whatever is given back of it gives back those that it
took."""

import datetime as dt
import random
from collections import Counter

import pytest
from sqlalchemy import func, select, update

from jobs.sweeper import sweep_once
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
from tests.sales.test_once import at_once
from tests.support import worlds
from tests.support.processed_sales import counted, publish, sold
from tests.support.sale_reversals import cancel, manager, open_tasks, refund, stock
from webapp.catalog.models import OutOfStock, Product, StockMovement
from webapp.platform.clock import utc_now
from webapp.rules.core.day_one import day_one_rules
from webapp.sales.models import Sale
from webapp.sales.placing import sale_line, take_line

START = {"CUP": 20, "PLATE": 20}


@pytest.fixture
def goods(db):
    make_goods()


@worlds.scene
def make_goods() -> None:
    """KIT: two cups and a plate, made of products of which the plate was there first."""
    make_product(sku="PLATE", stock=20)
    make_product(sku="CUP", stock=20)
    make_product(
        sku="KIT",
        ncm="73239300",
        stock=None,
        parts=[{"sku": "CUP", "quantity": 2}, {"sku": "PLATE", "quantity": 1}],
    )
    open_shop()


def lines(*told: tuple[str, int]) -> list[dict]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in told]


def left() -> tuple[int, int]:
    return stock("CUP"), stock("PLATE")


def moved(db) -> list[tuple[str, int, int, str]]:
    query = select(Product.sku, StockMovement.change, StockMovement.balance, StockMovement.reason)
    query = query.join(Product, Product.id == StockMovement.product_id)
    query = query.where(StockMovement.sale_id.is_not(None)).order_by(StockMovement.id)
    return [tuple(row) for row in db.session.execute(query)]


def now_of_one_cup(calls) -> None:
    """The kit is another thing from here on; what was sold stays what it was."""
    assert calls.patch("/products/KIT", {"parts": lines(("CUP", 1))}).status_code == 200


@pytest.mark.both_databases
def test_a_kit_takes_its_parts_in_the_order_of_their_ids(client, db, goods):
    answer = api(client, make_token()).post(
        "/sales", sale_body(lines=lines(("KIT", 3), ("CUP", 4), ("PLATE", 1)))
    )
    assert answer.status_code == 201
    assert moved(db) == [
        ("PLATE", -3, 17, "kit KIT · sold"),
        ("PLATE", -1, 16, "sold"),
        ("CUP", -6, 14, "kit KIT · sold"),
        ("CUP", -4, 10, "sold"),
    ]
    assert left() == (10, 16)
    # A part was sold too: deleted, its movements would go with it.
    assert db.session.scalars(select(Product.was_sold)).all() == [True, True, True]


def test_a_sale_without_kits_asks_for_none(db, goods):
    with counted() as said:
        make_sale(lines=lines(("CUP", 1), ("PLATE", 2)))
    assert said and not [each for each in said if "kit_parts" in each]


def test_a_part_that_is_short_is_told_at_the_kit(client, db, goods):
    calls = api(client, make_token())
    short = calls.post("/sales", sale_body(lines=lines(("PLATE", 1), ("KIT", 11))))
    assert short.status_code == 409
    assert short.json["errors"] == [
        {
            "field": "lines.1.quantity",
            "message": "The kit KIT needs 22 of CUP. Only 20 of CUP left in stock.",
        }
    ]
    # Kit and part together: 10 kits take all cups.
    both = calls.post("/sales", sale_body(lines=lines(("KIT", 10), ("CUP", 1))))
    assert both.json["errors"] == [{"field": "lines.1.quantity", "message": "CUP is out of stock."}]
    assert left() == (20, 20) and moved(db) == []


def test_with_an_archived_part_it_is_not_sold(client, db, goods):
    db.session.scalars(select(Product).where(Product.sku == "CUP")).one().archive()
    db.session.commit()
    calls = api(client, make_token())
    refused = calls.post("/sales", sale_body(lines=lines(("KIT", 1))))
    assert refused.json["errors"][0] == {
        "field": "lines.0.sku",
        "message": "The kit KIT cannot be sold: its part CUP is archived.",
    }
    assert calls.get("/products/KIT").json["stock"] == 0


def test_an_open_order_gives_back_what_it_took(client, db, goods):
    calls = api(client, make_token())
    sale = make_sale(lines=lines(("KIT", 3)), paid=False)
    now_of_one_cup(calls)
    assert calls.patch(f"/sales/{sale.id}", {"lines": lines(("KIT", 2))}).status_code == 200
    assert left() == (18, 20)
    assert moved(db)[2:] == [
        ("PLATE", 3, 20, "kit KIT · order changed"),
        ("CUP", 6, 20, "kit KIT · order changed"),
        ("CUP", -2, 18, "kit KIT · sold"),
    ]
    assert calls.delete(f"/sales/{sale.id}").status_code in (200, 204)
    assert left() == (20, 20)


def test_an_order_that_nobody_pays_gives_it_back(client, db, goods):
    make_sale(lines=lines(("KIT", 3)), paid=False)
    now_of_one_cup(api(client, make_token()))
    db.session.execute(update(Sale).values(hold_until=utc_now() - dt.timedelta(seconds=1)))
    db.session.commit()
    sweep_once()
    assert left() == (20, 20)


def test_refund_and_cancellation_give_back_their_units(client, db, goods):
    calls = manager(client)
    sale = sold(lines=lines(("KIT", 3), ("CUP", 1)))
    now_of_one_cup(calls)
    refund(calls, sale, (1, 1))
    assert left() == (15, 18)
    assert cancel(calls, sale).status_code == 200
    assert left() == (20, 20)
    assert moved(db)[-1] == ("CUP", 1, 20, "changed their mind")


def test_the_nfe_has_one_item_and_the_slip_names_the_parts(client, db, goods):
    calls = manager(client)
    sale = sold(lines=lines(("KIT", 3)))
    slip = calls.get(f"/sales/{sale.id}/packing-slip").json
    assert [
        (each["sku"], each["quantity"], [(part["sku"], part["quantity"]) for part in each["parts"]])
        for each in slip["items"]
    ] == [("KIT", 3, [("PLATE", 3), ("CUP", 6)])]
    note = calls.get(f"/sales/{sale.id}").json["invoice"]["id"]
    xml = calls.get(f"/invoices/{note}/xml").text
    assert (xml.count("<det "), "<cProd>KIT</cProd>" in xml, "73239300" in xml) == (1, True, True)
    sign_in(client, "clerk", locale="en")
    (slip_id,) = db.session.execute(db.text("SELECT id FROM packing_slips")).one()
    page = client.get(f"/packing-slips/{slip_id}").text
    assert "6 × CUP" in page and "3 × PLATE" in page
    assert "(3 × PLATE, 6 × CUP)" in client.get("/packing-slips").text
    assert "1 × PLATE, 2 × CUP" in client.get(f"/sales/{sale.id}").text
    # One unit less is two cups less to pick.
    refund(calls, sale, (1, 1))
    items = calls.get(f"/sales/{sale.id}/packing-slip").json["items"]
    assert [part["quantity"] for part in items[0]["parts"]] == [2, 4]


def test_a_return_note_puts_the_parts_in_stock_and_takes_them_out(client, db, goods):
    calls = manager(client)
    sale = sold(lines=lines(("KIT", 3), ("CUP", 2)))
    calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios", "tracking_code": "AA1"})
    now_of_one_cup(calls)
    asked = {"lines": [{"line": 1, "quantity": 2}], "reason": "came back"}
    made = calls.post(f"/sales/{sale.id}/returns", asked).json["invoice"]["id"]
    work_off()
    assert left() == (12 + 4, 17 + 2)
    answer = calls.post(f"/invoices/{made}/cancellation", {"reason": "It was issued by mistake"})
    assert answer.status_code in (200, 202), answer.json
    work_off()
    assert left() == (12, 17)


def test_a_gift_that_is_a_kit_comes_whole_or_not_at_all(client, db, goods):
    calls = manager(client)
    make_product(sku="VD-1", kind="video", price="50.00", ncm="85234910")
    publish(day_one_rules({"VD-1": "KIT"}))
    sale = sold("VD-1")
    assert left() == (18, 19)
    now_of_one_cup(calls)
    cancel(calls, sale)
    assert left() == (20, 20)
    calls.patch("/products/KIT", {"parts": lines(("CUP", 1), ("PLATE", 1))})
    calls.post("/products/CUP/stock", {"set": 0})
    sold("VD-1")
    assert left() == (0, 20) and "gift_out_of_stock" in open_tasks()


def test_a_part_that_is_gone_by_then_leaves_no_trace_of_the_others(client, db, goods):
    """Somebody took the last cup since the rules were judged: the plate, taken first, is back."""
    sale = make_sale(lines=lines(("PLATE", 1)))
    kit = db.session.scalars(select(Product).where(Product.sku == "KIT")).one()
    manager(client).post("/products/CUP/stock", {"set": 1})
    with db.session.no_autoflush, pytest.raises(OutOfStock):
        take_line(sale, sale_line(2, kit, 1, gift=True), "gift")
    db.session.commit()
    assert ledger(db) == {"CUP": (1, 1), "PLATE": (19, 19)}


def test_the_order_form_tells_what_there_is(client, db, goods):
    sign_in(client, "clerk", locale="en")
    typed = {"lines.0.sku": "KIT", "lines.0.quantity": "9", "lines.1.sku": "CUP"}
    shown = client.post("/sales/preview", data=typed | {"lines.1.quantity": "3"}).text
    assert shown.count("Only 20 of CUP left in stock.") == 2
    fine = client.post("/sales/preview", data=typed | {"lines.1.quantity": "2"}).text
    assert "left in stock" not in fine
    # What the order holds itself may stay in it: 9 of 10 were left, one is its own.
    sale = make_sale(lines=lines(("KIT", 1)), paid=False)
    own = {"lines.0.sku": "KIT", "lines.0.quantity": "10", "sale_id": str(sale.id)}
    assert "left in stock" not in client.post("/sales/preview", data=own).text
    assert "10 in stock" not in client.get("/sales/products?q=KIT").text
    assert "9 in stock" in client.get("/sales/products?q=KIT").text


@pytest.mark.both_databases
def test_kit_and_part_at_once_never_take_more_than_there_is(app, db, goods):
    """24 cups are wanted and 20 there; whoever is late is refused, and no sale waits for another in
    a ring."""
    wanted = [lines(("KIT", 2)), lines(("CUP", 4)), lines(("CUP", 2), ("KIT", 1))] * 2
    answers = at_once(app, make_token(), *[_order(each) for each in wanted])
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "CUP" in refused.json["detail"]
    taken = sum((Counter(dict(_taken(change))) for change in moved(db)), Counter())
    cups, plates = left()
    assert (20 - cups, 20 - plates) == (taken["CUP"], taken["PLATE"]) and cups == 0


def _order(wanted):
    return lambda checkout: checkout.post("/sales", sale_body(lines=wanted))


def _taken(change) -> list[tuple[str, int]]:
    return [(change[0], -change[1])]


def ledger(db) -> dict[str, tuple[int, int]]:
    """The stock of each part beside the sum of its movements."""
    db.session.rollback()
    query = select(Product.sku, Product.stock, func.sum(StockMovement.change)).join(StockMovement)
    rows = db.session.execute(query.group_by(Product.id, Product.sku, Product.stock))
    return {sku: (held, in_all) for sku, held, in_all in rows}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_ledger_adds_up_whatever_becomes_of_sales(client, db, goods, seed):
    """Sales of kits and parts, the kit another one half-way; then refunds, changes and
    cancellations in any order."""
    dice, calls = random.Random(seed), manager(client)
    needs = {"CUP": {"CUP": 1}, "PLATE": {"PLATE": 1}, "KIT": {"CUP": 2, "PLATE": 1}}
    out: dict[int, list[list]] = {}
    for turn in range(8):
        if turn == 4:
            now_of_one_cup(calls)
            needs = needs | {"KIT": {"CUP": 1}}
        wanted = [(dice.choice(list(needs)), dice.randint(1, 3)) for _line in range(2)]
        body = sale_body(lines=lines(*wanted), paid=dice.random() < 0.7)
        answer = calls.post("/sales", body)
        if answer.status_code == 201:
            out[answer.json["id"]] = [[units, needs[sku]] for sku, units in wanted]
    work_off()
    for sale_id in out:
        position = dice.randint(1, 2)
        units, what = out[sale_id][position - 1], dice.choice(["refund", "cancel", "nothing"])
        if what == "refund" and refund(calls, sale_id, (position, 1)).status_code == 200:
            units[0] -= 1
        elif what == "cancel" and cancel(calls, sale_id).status_code == 200:
            out[sale_id] = []
    taken = Counter()
    for units, parts in (held for sale_lines in out.values() for held in sale_lines):
        taken.update({sku: units * each for sku, each in parts.items()})
    assert ledger(db) == {sku: (START[sku] - taken[sku],) * 2 for sku in START}
