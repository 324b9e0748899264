"""A sale that a rule holds does nothing outside the house until a reviewer releases it."""

from lxml import html

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import shop_that_holds, sold
from webapp.messages.models import Message
from webapp.rules.models import RuleSetVersion
from webapp.rules.queries import rule_set_in_force

HOLD = {
    "code": "hold_all",
    "name": "Hold everything",
    "scope": "sale",
    "event": "paid",
    "priority": 10,
    "valid_from": None,
    "valid_to": None,
    "enabled": True,
    "when": {"field": "sale_total", "op": "gte", "value": "0.00"},
    "then": [{"do": "hold", "reason": "look first"}],
    "examples": [],
}


def held_stream(db):
    """A sale of a stream, held by a rule; it has no goods, so no NF-e either."""
    open_shop()
    rules = db.session.get_one(RuleSetVersion, rule_set_in_force().version).rules
    db.session.add(RuleSetVersion(rules=[*rules, HOLD], published_by="test", reason="hold"))
    db.session.commit()
    sale = make_sale(sku=make_product(kind="streaming", video_url="https://example.com/v").sku)
    work_off()
    return sale


def test_a_reviewer_releases_it_with_its_e_mail(client, db):
    sale = held_stream(db)
    message = db.session.scalars(db.select(Message)).one()
    assert (sale.status, message.status) == ("review", "held")
    sign_in(client, "reviewer")
    page = client.get(f"/sales/{sale.id}").text
    assert (
        "A rule holds this order" in page
        and "Held for review: look first" in page
        and "Release the order" in page
    )
    for _twice in range(2):
        assert client.post(f"/sales/{sale.id}/release").status_code == 303
    db.session.expire_all()
    assert sale.status == "completed" and message.status != "held"


def test_a_clerk_does_not_release_it(client, db):
    sale = held_stream(db)
    sign_in(client)
    assert "Release the order" not in client.get(f"/sales/{sale.id}").text
    assert client.post(f"/sales/{sale.id}/release").status_code == 403
    db.session.expire_all()
    assert sale.status == "review"


def test_neither_its_row_nor_the_tab_asks_anybody_to_pack_it(client, db):
    shop_that_holds()
    product = make_product(sku="HELD-1")
    sale = sold(product.sku)
    sign_in(client, "clerk")
    (row,) = html.fromstring(client.get("/sales").text).xpath("//main//tbody/tr")
    assert row.get("id") == f"sale-{sale.id}"
    words = " ".join(row.text_content().split())
    assert "Held" in words and "To pack" not in words
    packing = html.fromstring(client.get("/sales?shipping=to_pack").text)
    (tab,) = packing.xpath("//a[@aria-current][contains(., 'To pack')]")
    assert tab.text_content().split() == ["To", "pack", "0"] and not packing.xpath(
        "//main//tbody/tr"
    )
