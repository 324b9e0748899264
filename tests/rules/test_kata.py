"""The kata's rules and each of their edges on whole sales: ordered by the API, worked off by the
jobs, read from the house's own books. What the rules alone decide about them is in
`test_day_one_rules`."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.factories import make_product, open_shop, sale_body, work_off
from tests.support.processed_sales import PLACE, agent, publish, sold
from tests.support.sale_reversals import commission, manager, refund, videos_with_a_gift
from webapp.catalog.models import Product
from webapp.customers.models import Agent
from webapp.demo.load import load_demo
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.http.formatting import shop_day
from webapp.invoices.models import Invoice
from webapp.messages.models import Message
from webapp.platform.database import db as database
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.models import Effect, RuleSetVersion
from webapp.sales.models import Sale, Status

GOODS = {
    "physical": {},
    "book": {"ncm": "49019900", "royalty_percent": "10.00", "author": "Lívia Prado"},
    "video": {"ncm": "85234910"},
}


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


@pytest.fixture
def all_of(db):
    """What a table holds, in order."""
    return lambda model: db.session.scalars(select(model).order_by(model.id)).all()


@pytest.fixture
def the_only(db):
    return lambda model: db.session.scalars(select(model)).one()


def product(kind: str = "physical", price: str = "100.00", **facts) -> str:
    return make_product(kind=kind, price=price, **GOODS.get(kind, {}) | facts).sku


def kinds(sale: Sale) -> list[str]:
    return sorted(
        set(database.session.scalars(select(Effect.kind).where(Effect.sale_id == sale.id)))
    )


def amounts(all_of) -> list[tuple[str, str]]:
    return [(row.sku, str(row.amount)) for row in all_of(Commission)]


def templates(all_of) -> list[str]:
    """Of the e-mails that rules sent."""
    return [
        message.template for message in all_of(Message) if message.template != "invoice_authorized"
    ]


def test_a_physical_product_gets_a_packing_slip_to_be_delivered_15_days_later(the_only):
    sale = sold(product())
    slip = the_only(PackingSlip)
    assert slip.expected_delivery == shop_day(sale.paid_at) + dt.timedelta(days=15)
    assert [item["line"] for item in slip.items] == [1] and not slip.royalty_copy


@pytest.mark.both_databases
def test_several_lines_make_one_merged_slip(the_only):
    sold(product(), product("streaming"), product("book"))
    assert [item["line"] for item in the_only(PackingSlip).items] == [1, 3]


def test_a_book_gets_the_duplicate_for_the_royalty_department_with_its_percentage(the_only):
    sold(product("book", royalty_percent="7.50"))
    assert the_only(PackingSlip).royalty_copy
    slip = the_only(RoyaltySlip)
    assert (str(slip.percent), str(slip.base), str(slip.amount), slip.author) == (
        "7.50",
        "100.00",
        "7.50",
        "Lívia Prado",
    )


def test_an_ebook_gives_royalty_and_commission_but_no_shipping_slip(all_of, the_only):
    sale = sold(product("ebook", royalty_percent="25.00", author="Lívia Prado"), agent=agent())
    assert kinds(sale) == ["commission", "royalty_slip"] and all_of(PackingSlip) == []
    assert (str(the_only(RoyaltySlip).amount), amounts(all_of)) == (
        "25.00",
        [(sale.lines[0].sku, "5.00")],
    )
    assert sale.status is Status.COMPLETED, "nothing in it needs an NF-e"


def test_a_book_that_is_also_physical_earns_one_commission_not_two(all_of):
    sale = sold(product("book"), agent=agent(percent="7.50"))
    assert amounts(all_of) == [(sale.lines[0].sku, "7.50")]


def test_a_sale_without_an_agent_earns_nobody_a_commission(all_of):
    assert "commission" not in kinds(sold(product(), product("book"))) and all_of(Commission) == []


@pytest.mark.parametrize("kind", ["streaming", "membership"])
def test_what_is_neither_goods_nor_a_book_earns_no_commission(all_of, kind):
    sold(
        product(
            kind, **{"video_url": "https://videos.example.com/a"} if kind == "streaming" else {}
        ),
        agent=agent(),
    )
    assert all_of(Commission) == []


def test_a_membership_is_activated_and_its_owner_told(all_of, the_only):
    sale = sold(product("membership", plan="gold"))
    assert (the_only(Membership).status, the_only(Membership).plan) == (
        MembershipStatus.ACTIVE,
        "gold",
    )
    assert templates(all_of) == ["membership_activated"] and sale.status is Status.COMPLETED


@pytest.mark.both_databases
def test_an_upgrade_of_an_active_membership_is_applied_and_its_owner_told(all_of, the_only):
    sold(product("membership", plan="silver"))
    sold(product("membership_upgrade", plan="gold"))
    assert the_only(Membership).plan == "gold" and templates(all_of) == [
        "membership_activated",
        "membership_upgraded",
    ]


def test_an_upgrade_without_a_membership_is_a_task_for_staff_and_nobody_is_told(all_of, the_only):
    sold(product("membership_upgrade", plan="gold"))
    assert the_only(Task).code == "upgrade_without_membership"
    assert all_of(Membership) == [] and templates(all_of) == []


def test_an_upgrade_of_a_lapsed_membership_is_a_task_too(all_of, the_only, db):
    sold(product("membership", plan="silver"))
    the_only(Membership).status = MembershipStatus.LAPSED
    db.session.commit()
    sold(product("membership_upgrade", plan="gold"))
    assert the_only(Task).code == "upgrade_without_membership" and templates(all_of) == [
        "membership_activated"
    ]
    assert (the_only(Membership).status, the_only(Membership).plan) == (
        MembershipStatus.LAPSED,
        "silver",
    )


def test_a_lapsed_membership_is_reactivated_and_its_owner_told(all_of, the_only, db):
    sold(product("membership", plan="silver"))
    the_only(Membership).status = MembershipStatus.LAPSED
    db.session.commit()
    sold(product("membership_reactivation", plan="silver"))
    assert (
        the_only(Membership).status is MembershipStatus.ACTIVE
        and templates(all_of)[-1] == "membership_reactivated"
    )


@pytest.mark.parametrize("active", [True, False])
def test_a_reactivation_without_a_lapsed_membership_is_a_task_and_nobody_is_told(
    all_of, the_only, active
):
    if active:
        sold(product("membership", plan="silver"))
    sold(product("membership_reactivation", plan="silver"))
    assert the_only(Task).code == "reactivation_without_lapsed"
    assert "membership_reactivated" not in templates(all_of)


@pytest.mark.both_databases
def test_learning_to_ski_on_disc_brings_first_aid_on_the_slip_and_at_full_discount_on_the_nfe(
    the_only,
):
    videos_with_a_gift(stock=5)
    sale = sold("VD-1")
    assert [item["sku"] for item in the_only(PackingSlip).items] == ["VD-1", "VD-2"]
    bought, gift = sale.lines
    assert (gift.gift, str(gift.unit_price), str(gift.discount), str(gift.total)) == (
        True,
        "30.00",
        "30.00",
        "0.00",
    )
    note = the_only(Invoice)
    assert (
        note.total == bought.total == Decimal("50.00")
        and "<vDesc>30.00</vDesc>" in note.signed_xml.decode()
    )


def test_a_gift_earns_no_commission_and_owes_no_royalty(all_of):
    videos_with_a_gift(stock=5)
    sold("VD-1", agent=agent())
    assert amounts(all_of) == [("VD-1", "2.50")] and all_of(RoyaltySlip) == []


def test_a_book_as_a_gift_is_shipped_without_royalty_and_commission(all_of, the_only):
    book, bought = product("book"), product()
    when = {"field": "item_sku", "op": "eq", "value": bought}
    gift = {"code": "gift", "name": "Gift", "when": when, "then": [{"do": "add_item", "sku": book}]}
    publish([*day_one_rules(), gift])
    sold(bought, agent=agent())
    slip = the_only(PackingSlip)
    assert [item["sku"] for item in slip.items] == [bought, book] and not slip.royalty_copy
    assert amounts(all_of) == [(bought, "5.00")] and all_of(RoyaltySlip) == []


def test_learning_to_ski_as_a_stream_brings_first_aid_into_the_email_with_the_links(the_only):
    links = {sku: f"https://videos.example.com/{sku.lower()}" for sku in ("ST-1", "ST-2")}
    for sku, link in links.items():
        product("streaming", sku=sku, name=sku, video_url=link)
    publish(day_one_rules({}, {"ST-1": "ST-2"}))
    sale = sold("ST-1")
    message = the_only(Message)
    assert message.template == "streaming_links" and [
        item["url"] for item in message.params["items"]
    ] == [*links.values()]
    assert sale.status is Status.COMPLETED and [line.gift for line in sale.lines] == [False, True]


def test_a_streaming_video_sends_its_owner_title_and_link(the_only):
    sold(
        product(
            "streaming", name="Orientação na Trilha", video_url="https://videos.example.com/trilha"
        )
    )
    (item,) = the_only(Message).params["items"]
    assert (item["name"], item["url"]) == (
        "Orientação na Trilha",
        "https://videos.example.com/trilha",
    )


def test_a_book_titled_learning_to_ski_brings_no_video(the_only):
    videos_with_a_gift(stock=5)
    sale = sold(product("book", name="Aprendendo a Esquiar"))
    assert len(sale.lines) == 1 and [item["line"] for item in the_only(PackingSlip).items] == [1]


def test_a_renamed_video_keeps_its_gift(db):
    videos_with_a_gift(stock=5)
    db.session.scalars(select(Product).where(Product.sku == "VD-1")).one().name = "Esqui para todos"
    db.session.commit()
    assert [line.sku for line in sold("VD-1").lines] == ["VD-1", "VD-2"]


def test_when_no_disc_is_left_the_sale_goes_on_with_a_task(the_only):
    videos_with_a_gift(stock=0)
    sale = sold("VD-1")
    task = the_only(Task)
    assert (task.code, task.params["sku"]) == ("gift_out_of_stock", "VD-2")
    assert sale.status is Status.INVOICED and [
        item["sku"] for item in the_only(PackingSlip).items
    ] == ["VD-1"]


def test_two_units_of_one_line_bring_one_gift():
    videos_with_a_gift(stock=5)
    sale = sold(lines=[{"sku": "VD-1", "quantity": 2}])
    assert [(line.sku, line.quantity) for line in sale.lines] == [("VD-1", 2), ("VD-2", 1)]


def test_outside_the_demo_the_gift_ships_switched_off(the_only):
    gifts = [rule for rule in the_only(RuleSetVersion).rules if rule["then"][0]["do"] == "add_item"]
    assert len(gifts) == 2 and not any(rule["enabled"] for rule in gifts)


def test_in_the_demo_it_is_switched_on(db, all_of):
    load_demo()
    gifts = [
        rule for rule in all_of(RuleSetVersion)[-1].rules if rule["then"][0]["do"] == "add_item"
    ]
    assert gifts and all(rule["enabled"] for rule in gifts)


def test_a_refund_negates_the_recorded_commission_once_and_a_second_one_is_a_no_op(
    client, all_of, db
):
    sale = sold(product(), agent=agent(percent="7.50"))
    assert amounts(all_of) == [(sale.lines[0].sku, "7.50")]
    calls = manager(client)
    first, second = refund(calls, sale, (1, 1)), refund(calls, sale, (1, 1))
    assert (first.status_code, second.status_code) == (200, 200), second.json
    work_off()
    assert commission() == 0 and [row.amount for row in all_of(Commission)] == [
        Decimal("7.50"),
        Decimal("-7.50"),
    ]


def test_the_recorded_commission_is_negated_though_the_agents_percentage_has_changed(
    client, the_only, db
):
    sale = sold(product(), agent=agent(percent="7.50"))
    the_only(Agent).commission_percent = Decimal("20.00")
    db.session.commit()
    refund(manager(client), sale, (1, 1))
    work_off()
    assert commission() == 0


@pytest.mark.both_databases
def test_the_same_payment_told_three_times_brings_each_effect_once(client, all_of, db):
    videos_with_a_gift(stock=5)
    skus = [
        "VD-1",
        product("book"),
        product("membership", plan="gold"),
        product("streaming", video_url="https://v.example.com/1"),
    ]
    agent()
    calls = manager(client)
    body = sale_body(
        paid=False, agent="A1", address=PLACE, lines=[{"sku": sku, "quantity": 1} for sku in skus]
    )
    sale_id = calls.post("/sales", body, Idempotency_Key="once").json["id"]
    for _time in range(3):
        assert calls.post(f"/sales/{sale_id}/payment").status_code == 202
        work_off()
    assert [len(all_of(model)) for model in (PackingSlip, RoyaltySlip, Membership, Commission)] == [
        1,
        1,
        1,
        2,
    ]
    assert sorted(templates(all_of)) == ["membership_activated", "streaming_links"]
    keys = [(effect.kind, effect.target) for effect in all_of(Effect)]
    assert len(keys) == len(set(keys)) and ("add_item", "VD-2:line1") in keys
