"""A clerk alone gives no goods away: what goes further below the catalog's prices than the shop
lets a role go waits for a manager."""

import html
from decimal import Decimal

import pytest

from tests.factories import (
    api,
    make_product,
    make_token,
    open_shop,
    sale_body,
    sign_in,
    work_off,
)
from tests.sales.test_form import TYPED
from tests.sales.test_form import plain as words_of
from webapp.audit.models import AuditEntry
from webapp.catalog.models import Product
from webapp.platform.database import db as database
from webapp.platform.money import ZERO
from webapp.sales.models import Sale, SaleLine, Status
from webapp.store.queries import the_shop

SKU = "MUG"


@pytest.fixture
def shop(db):
    open_shop()
    make_product(sku=SKU, price="100.00")
    return the_shop()


def plain(page: str) -> str:
    return html.unescape(words_of(page))


def place(client, role="clerk", **typed) -> Sale:
    """Two mugs of 100.00, placed in the form and paid; as the workers leave the order."""
    [sale] = place_each(client, [typed], role)
    return sale


def place_each(client, orders: list[dict], role="clerk") -> list[Sale]:
    sign_in(client, role)
    known, places = {"lines.0.sku": SKU, "lines.0.quantity": "2", "paid": "1"}, []
    for number, typed in enumerate(orders):
        sent = TYPED | known | {"form_key": f"f{number}"} | typed
        answer = client.post("/sales", data=sent)
        assert answer.status_code == 303, plain(answer.text)
        places.append(answer.location)
    work_off()
    return [sale_at(place) for place in places]


def sale_at(location: str) -> Sale:
    database.session.expire_all()
    return database.session.get_one(Sale, int(location.rsplit("/", 1)[1]))


LARGE = [
    {"discount": "200.00"},
    {"discount": "20.01"},
    {"lines.0.unit_price": "0.01"},
    {"lines.0.unit_price": "95.00", "discount": "10.01"},
]
SMALL = [
    {},
    {"discount": "20.00"},
    {"lines.0.unit_price": "90.00"},
    {"lines.0.unit_price": "95.00", "discount": "10.00"},
    {"lines.0.unit_price": "150.00"},
]


def test_what_a_clerk_gives_above_the_limit_waits_for_a_manager(client, shop, subtests):
    for typed, sale in zip(LARGE, place_each(client, LARGE), strict=True):
        with subtests.test(typed=typed):
            found = (sale.status, sale.step, sale.reason_field)
            assert found == (Status.ATTENTION, "rules", "discount")
            page = plain(client.get(f"/sales/{sale.id}").text)
            assert "This order waits for a manager" in page
            assert "below the catalog's prices" in page and "10.00 %" in page
            assert "Try again" not in page and "Approve the order" not in page
            assert "The rules are applied once a manager has approved the order." in page


def test_what_a_clerk_gives_within_the_limit_goes_on(client, shop, subtests):
    for typed, sale in zip(SMALL, place_each(client, SMALL), strict=True):
        with subtests.test(typed=typed):
            assert sale.status is Status.INVOICED


def test_a_raised_price_makes_up_for_no_lowered_one(client, shop):
    make_product(sku="CUP", price="100.00")
    dear = {"lines.1.sku": "CUP", "lines.1.quantity": "1", "lines.1.unit_price": "300.00"}
    dear["lines.1.price_reason"] = "Signed"
    sale = place(client, **{"lines.0.unit_price": "50.00"}, **dear)
    assert (sale.status, sale.below_catalog_percent) == (Status.ATTENTION, Decimal("33.33"))


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_a_manager_goes_as_far_as_they_like(client, shop, role):
    assert place(client, role, discount="150.00").status is Status.INVOICED


def test_a_reviewer_has_a_limit_of_their_own_and_blank_is_none(client, shop, db):
    shop.reviewer_discount_limit = Decimal("50.00")
    db.session.commit()
    assert place(client, "reviewer", discount="100.00").status is Status.INVOICED
    assert place(client, "reviewer", discount="100.01").status is Status.ATTENTION
    the_shop().clerk_discount_limit = None
    db.session.commit()
    assert place(client, discount="200.00").status is Status.INVOICED


def test_what_a_program_sends_is_held_by_rules_alone(client, shop, db):
    body = sale_body(SKU, discount="100.00")
    sale_id = api(client, make_token("clerk")).post("/sales", body).json["id"]
    work_off()
    assert db.session.get_one(Sale, sale_id).status is Status.INVOICED


def test_it_stands_under_what_needs_attention_and_says_why_to_programs(client, shop):
    sale = place(client, discount="60.00")
    for page in ("/", "/sales?status=attention"):
        assert "30.00 % below the catalog" in plain(client.get(page).text)
    told = api(client, make_token()).get(f"/sales/{sale.id}").json["attention"]
    assert told["field"] == "discount" and "30.00 % below" in told["reason"]


# -- a manager's word -----------------------------------------------------------------------------


def test_a_manager_approves_it_and_it_goes_on(client, shop, db):
    sale = place(client, discount="60.00")
    manager = sign_in(client, "manager")
    assert "Approve the order" in client.get(f"/sales/{sale.id}").text
    for _twice in range(2):
        assert client.post(f"/sales/{sale.id}/discount-approval").status_code == 303
        work_off()
    db.session.refresh(sale)
    assert sale.status is Status.INVOICED
    approved = db.session.scalars(db.select(AuditEntry).filter_by(action="approved")).one()
    assert (approved.actor, approved.after) == (manager, {"below_catalog": "30.00"})
    told = plain(client.get(f"/sales/{sale.id}").text)
    assert "Approved by a manager" in told and "Waits for a manager" in told
    assert "30.00 % below the catalog" in told


def test_a_discount_that_needs_no_approval_is_not_said_to_be_approved(client, shop, db):
    sale = place(client, discount="60.00")
    within = place(client, discount="5.00")
    sign_in(client, "manager")
    for asked, told in (
        (within, "there is nothing to approve"),
        (sale, "The order is approved"),
        (sale, "The order is approved"),
    ):
        approving = client.post(f"/sales/{asked.id}/discount-approval", follow_redirects=True)
        assert approving.status_code == 200 and told in plain(approving.text)
    assert len(db.session.scalars(db.select(AuditEntry).filter_by(action="approved")).all()) == 1


@pytest.mark.parametrize("role", ["clerk", "reviewer"])
def test_nobody_below_a_manager_gets_it_past(client, shop, db, role):
    sale = place(client, discount="60.00")
    sign_in(client, role)
    assert client.post(f"/sales/{sale.id}/discount-approval").status_code == 403
    client.post(f"/sales/{sale.id}/retry")
    address = {f"address.{part}": value for part, value in sale.address_parts.items()}
    changed = address | {"address.number": "200", "version": sale.version}
    client.post(f"/sales/{sale.id}/address", data=changed)
    work_off()
    db.session.refresh(sale)
    assert (sale.status, sale.number) == (Status.ATTENTION, "200")


def test_an_order_that_is_not_paid_is_approved_before_it_is(client, shop, db):
    sale = place(client, discount="60.00", paid="0")
    assert "This order will wait for a manager" in client.get(f"/sales/{sale.id}").text
    sign_in(client, "manager")
    client.post(f"/sales/{sale.id}/discount-approval")
    sign_in(client)
    client.post(f"/sales/{sale.id}/payment")
    work_off()
    db.session.refresh(sale)
    assert sale.status is Status.INVOICED


def test_an_approval_holds_for_what_was_approved_of(client, shop, db):
    sale = place(client, discount="60.00", paid="0")
    sign_in(client, "manager")
    client.post(f"/sales/{sale.id}/discount-approval")
    sign_in(client)
    as_it_is = {"lines.0.sku": SKU, "lines.0.quantity": "2", "lines.0.unit_price": "100.00"}
    for changes, waits in (
        ({"address.number": "7"}, False),
        ({"lines.0.quantity": "20", "discount": "600.00"}, True),
    ):
        db.session.refresh(sale)
        form = TYPED | as_it_is | {"discount": "60.00", "version": sale.version} | changes
        assert client.post(f"/sales/{sale.id}/edit", data=form).status_code == 303
        db.session.refresh(sale)
        assert sale.needs_approval is waits


def edit(client, sale: Sale, **changes) -> None:
    """The order's form as it stands, saved with `changes`; what it says before is what comes."""
    database.session.refresh(sale)
    [line] = sale.lines
    form = TYPED | {
        "lines.0.sku": SKU,
        "lines.0.quantity": str(line.quantity),
        "lines.0.unit_price": str(line.unit_price),
        "discount": str(sale.discount),
        "version": sale.version,
    }
    form |= changes
    previewed = client.post("/sales/preview", data=form | {"sale_id": sale.id})
    saved = client.post(f"/sales/{sale.id}/edit", data=form)
    assert (previewed.status_code, saved.status_code) == (200, 303), plain(saved.text)
    database.session.refresh(sale)
    assert ("This order will wait" in previewed.text) is sale.needs_approval


def test_a_catalog_that_rose_since_makes_no_discount_of_an_edit(client, shop, db):
    sale = place(client, paid="0")
    db.session.scalars(db.select(Product)).one().price = Decimal("150.00")
    db.session.commit()
    edit(client, sale, **{"customer.phone": "1133334444"})
    assert (sale.below_catalog_percent, sale.needs_approval) == (ZERO, False)
    edit(client, sale, discount="20.00")
    assert (sale.below_catalog_percent, sale.needs_approval) == (Decimal("10.00"), False)
    edit(client, sale, **{"lines.0.unit_price": "99.00", "discount": "0"})
    assert (sale.below_catalog_percent, sale.needs_approval) == (Decimal("34.00"), True)


def test_an_approval_covers_what_is_no_further_below(client, shop, db):
    sale = place(client, discount="40.00", paid="0")
    edit(client, sale, discount="39.00")
    assert sale.needs_approval, "nobody approved it yet"
    sign_in(client, "manager")
    client.post(f"/sales/{sale.id}/discount-approval")
    sign_in(client)
    for changes, waits in (
        ({"discount": "38.00"}, False),
        ({"lines.0.quantity": "3"}, False),
        # As much in percent as before, but more money.
        ({"lines.0.quantity": "30", "discount": "380.00"}, True),
    ):
        edit(client, sale, **changes)
        assert sale.needs_approval is waits


def test_a_cancelled_order_is_not_approved(client, shop, db):
    sale = place(client, discount="60.00", paid="0")
    client.post(f"/sales/{sale.id}/cancel")
    sign_in(client, "manager")
    client.post(f"/sales/{sale.id}/discount-approval")
    db.session.refresh(sale)
    assert sale.discount_limit == Decimal("10.00")
    assert "will wait" not in client.get(f"/sales/{sale.id}").text


# -- a price of their own in the catalog -----------------------------------------------------------


NEW = {"sku": "NEW", "name": "Caneca nova", "kind": "ebook", "price": "1.00"}


def add_as_clerk(client) -> Product:
    sign_in(client)
    assert client.post("/products", data=NEW).status_code == 303
    return database.session.scalars(database.select(Product).filter_by(sku="NEW")).one()


def test_a_product_that_a_clerk_added_is_sold_once_a_manager_stands_for_its_price(client, shop, db):
    product = add_as_clerk(client)
    typed = TYPED | {"lines.0.sku": "NEW", "lines.0.quantity": "1"}
    told = plain(client.post("/sales/preview", data=typed).text)
    assert "This order will wait for a manager" in told and "NEW (R$1.00)" in told
    sale = place(client, **{"lines.0.sku": "NEW"})
    assert (sale.status, sale.step, sale.reason_field) == (Status.ATTENTION, "rules", "lines")
    assert "No manager has confirmed its price" in client.get(f"/products/{product.id}").text
    assert "to be confirmed" in client.get("/products").text
    told = api(client, make_token()).get(f"/sales/{sale.id}").json["attention"]
    assert told["field"] == "lines" and "NEW (R$1.00)" in told["reason"]
    # Its price is part of what the order's approval is of.
    sign_in(client, "manager")
    assert "NEW (R$1.00)" in plain(client.get(f"/sales/{sale.id}").text)
    client.post(f"/sales/{sale.id}/discount-approval")
    work_off()
    db.session.refresh(sale)
    assert (sale.status, sale.needs_approval) == (Status.COMPLETED, False)
    told = plain(client.get(f"/sales/{sale.id}").text)
    assert "Approved by a manager" in told
    assert place(client, **{"lines.0.sku": "NEW", "form_key": "2"}).status is Status.COMPLETED


def test_dear_goods_beside_it_hide_no_unconfirmed_price(client, shop):
    add_as_clerk(client)
    beside = {"lines.1.sku": "NEW", "lines.1.quantity": "1"}
    assert place(client, **beside).status is Status.ATTENTION
    both = place(client, **beside, discount="50.00", form_key="2")
    page = plain(client.get(f"/sales/{both.id}").text)
    assert "24.88 % below" in page and "the catalog's price of NEW (R$1.00)" in page


@pytest.mark.parametrize("way", ["page", "call", "new price"])
def test_a_manager_confirms_a_price(client, shop, way):
    product = add_as_clerk(client)
    url = f"/products/{product.id}/price-confirmation"
    assert client.post(url).status_code == 403
    assert (
        api(client, make_token("clerk")).post("/products/NEW/price-confirmation").status_code == 403
    )
    if way == "call":
        calls = api(client, make_token("manager"))
        assert calls.get("/products/NEW").json["price_confirmed"] is False
        confirmed = calls.post("/products/NEW/price-confirmation")
        assert confirmed.json["price_confirmed"] is True
    else:
        sign_in(client, "manager")
        fields = {"version": product.version, "seen": "", "price": "2.00"}
        row = f"/products/{product.id}/row"
        assert client.post(url if way == "page" else row, data=fields).status_code < 400
    assert place(client, **{"lines.0.sku": "NEW"}).status is Status.COMPLETED


def test_a_confirmed_price_lets_go_what_waited_for_it_alone(client, shop, db):
    product = add_as_clerk(client)
    waits = place(client, **{"lines.0.sku": "NEW"})
    unpaid = place(client, **{"lines.0.sku": "NEW", "paid": "0", "form_key": "2"})
    given = place(client, **{"lines.0.sku": "NEW", "discount": "1.00", "form_key": "3"})
    sign_in(client, "manager")
    client.post(f"/products/{product.id}/price-confirmation")
    work_off()
    for sale, status in (
        (waits, Status.COMPLETED),
        (unpaid, Status.OPEN),
        (given, Status.ATTENTION),
    ):
        db.session.refresh(sale)
        assert (sale.status, sale.needs_approval) == (status, sale is given)


def test_a_clerk_confirms_no_price_by_raising_it(client, shop, db):
    product = add_as_clerk(client)
    row = {"version": product.version, "seen": "", "price": "2.00"}
    assert client.post(f"/products/{product.id}/row", data=row).status_code == 200
    assert place(client, **{"lines.0.sku": "NEW"}).status is Status.ATTENTION


@pytest.mark.parametrize("fact", ["name", "sku", "gtin"])
@pytest.mark.parametrize("role", ["clerk", "manager"])
def test_a_confirmed_price_is_not_that_of_what_a_clerk_renames(client, shop, db, role, fact):
    product = make_product(sku="CHEAP", name="Adesivo", price="1.00")
    sign_in(client, role)
    typed = {
        "version": product.version,
        "kind": product.kind,
        "sku": "CHEAP",
        "name": "Adesivo",
        "price": "1.00",
        "ncm": product.ncm,
        "unit": product.unit,
        "origin": product.origin,
        "weight_g": product.weight_g,
        "description": "Um adesivo",
    }
    assert client.post(f"/products/{product.id}", data=typed).status_code == 303
    db.session.refresh(product)
    assert (product.description, product.price_confirmed) == ("Um adesivo", True)
    other = {"name": "Jaqueta", "sku": "JACKET", "gtin": "7891000315507"}[fact]
    typed |= {fact: other, "version": product.version}
    assert client.post(f"/products/{product.id}", data=typed).status_code == 303
    db.session.refresh(product)
    assert (getattr(product, fact), product.price_confirmed) == (other, role == "manager")
    sale = place(client, **{"lines.0.sku": product.sku})
    assert (sale.status is Status.ATTENTION) == (role == "clerk")


@pytest.mark.parametrize("adds", ["manager", "program", "clerk without a limit"])
def test_who_has_no_limit_adds_products_at_their_price(client, shop, db, adds):
    if adds == "program":
        api(client, make_token("clerk")).post("/products", NEW)
    elif adds == "manager":
        sign_in(client, "manager")
        client.post("/products", data=NEW)
    else:
        shop.clerk_discount_limit = None
        db.session.commit()
        add_as_clerk(client)
        the_shop().clerk_discount_limit = Decimal(10)
        db.session.commit()
    assert place(client, **{"lines.0.sku": "NEW"}).status is Status.COMPLETED


def test_an_approved_order_is_edited_on_without_another_approval(client, shop, db):
    add_as_clerk(client)
    sale = place(client, **{"lines.0.sku": "NEW", "paid": "0"})
    sign_in(client, "manager")
    client.post(f"/sales/{sale.id}/discount-approval")
    sign_in(client)
    edit(client, sale, **{"lines.0.sku": "NEW", "lines.0.quantity": "3"})
    assert not sale.needs_approval


# -- while it is typed ----------------------------------------------------------------------------


def test_the_form_says_so_before_the_order_is_placed(client, shop):
    typed = TYPED | {"lines.0.sku": SKU, "lines.0.quantity": "1"}
    sign_in(client)
    told = plain(client.post("/sales/preview", data=typed | {"discount": "30"}).text)
    assert "This order will wait for a manager" in told and "30.00 %" in told
    assert "will wait" not in client.post("/sales/preview", data=typed | {"discount": "10"}).text
    sign_in(client, "manager")
    assert "will wait" not in client.post("/sales/preview", data=typed | {"discount": "30"}).text


# -- locked prices --------------------------------------------------------------------------------


@pytest.fixture
def locked(shop, db):
    shop.clerk_prices_locked = True
    db.session.commit()
    return shop


def test_a_locked_price_cannot_be_typed_nor_sent(client, locked, db):
    sign_in(client)
    field = client.get("/sales/new").text.split('name="lines.0.unit_price"')[1].split(">")[0]
    assert "readonly" in field
    typed = TYPED | {"lines.0.sku": SKU, "lines.0.quantity": "1"}
    refused = client.post("/sales", data=typed | {"lines.0.unit_price": "99.99"})
    assert refused.status_code == 422 and 'id="f-lines-0-unit_price-error"' in refused.text
    assert db.session.scalar(db.select(Sale.id)) is None
    for price in ("", "100.00"):
        place(client, **{"lines.0.unit_price": price, "form_key": price})
    assert place(client, "manager", **{"lines.0.unit_price": "80.00"}).status is Status.INVOICED


def test_a_price_that_the_order_has_already_stays(client, locked, db):
    sale = place(client, "manager", **{"lines.0.unit_price": "80.00", "paid": "0"})
    sign_in(client)
    form = TYPED | {"lines.0.sku": SKU, "lines.0.quantity": "3", "version": sale.version}
    for price, status in (("79.00", 422), ("80.00", 303)):
        answer = client.post(f"/sales/{sale.id}/edit", data=form | {"lines.0.unit_price": price})
        assert answer.status_code == status


def test_another_product_under_a_held_sku_has_its_own_price(client, locked, db):
    make_product(sku="CHEAP", price="1.00")
    sale = place(client, **{"lines.0.sku": "CHEAP", "lines.0.unit_price": "", "paid": "0"})
    for old, new in (("CHEAP", "OTHER"), (SKU, "CHEAP")):
        db.session.scalars(db.select(Product).filter_by(sku=old)).one().sku = new
        db.session.commit()
    typed = TYPED | {"lines.0.sku": "CHEAP", "lines.0.quantity": "1", "version": sale.version}
    refused = client.post(f"/sales/{sale.id}/edit", data=typed | {"lines.0.unit_price": "1.00"})
    assert refused.status_code == 422 and 'id="f-lines-0-unit_price-error"' in refused.text


def test_a_line_from_before_the_catalogs_price_was_kept_is_no_discount(db):
    line = SaleLine(quantity=2, unit_price=Decimal("10.00"), product={}, gift=False)
    assert Sale(lines=[line], discount=ZERO).below_catalog_percent == ZERO
