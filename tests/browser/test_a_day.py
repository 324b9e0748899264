"""A day of the shop: sixty orders come in, five wait and are mended from one queue by keyboard, two
people change one of them, fifty are packed by scanner, labelled, and shipped with pasted codes."""

import json
from collections import Counter
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_two_people import ORDER, save
from tests.services import wait_until
from tests.support.attention_queue import mended, open_row, waiting
from tests.support.packing_station import DEAF, LOW, answer, scan_many
from tests.support.paper import texts
from tests.support.placed_orders import until_invoiced
from tests.support.shop_tokens import token_of
from webapp.messages.words import SHIPPED
from webapp.platform.documents import format_document, with_check_digits

COME_IN, PACKED = 60, 50
TAG = "Um dia"
# The goods of the day; one has no NCM yet, one is dear enough to be looked at.
PRICES = {"DIA-A": "39.90", "DIA-B": "59.90", "DIA-NCM": "25.00", "DIA-DEAR": "5200.00"}
NCM = "73239400"
NUMBERLESS, NOWHERE, UNTAXED, DEAR, UNPAID = (f"DIA-{number:02}" for number in range(5))
OF_THE_DAY = (
    "FROM sales JOIN sale_tags ON sale_tags.sale_id = sales.id "
    f"JOIN tags ON tags.id = tag_id AND tags.name = '{TAG}'"
)
PHONE = {"width": 390, "height": 600}


class Placed(NamedTuple):
    """An order as it came in, of one piece of each of its goods."""

    reference: str
    sale_id: int
    document: str
    goods: list[str]


def come_in(shop) -> list[Placed]:
    headers = {"Authorization": f"Bearer {token_of(shop)}"}
    with httpx.Client(base_url=f"{shop.url}/api/v1", headers=headers, timeout=30) as checkout:
        for sku, price in PRICES.items():
            product = {"sku": sku, "name": f"Caneca {sku}", "kind": "physical", "price": price}
            told = {"stock": 200, "weight_g": 160, "ncm": "" if sku == "DIA-NCM" else NCM}
            checkout.post("/products", json=product | told).raise_for_status()
        return [_bought(checkout, number) for number in range(COME_IN)]


def _bought(checkout: httpx.Client, number: int) -> Placed:
    reference = f"DIA-{number:02}"
    usual = ["DIA-A", "DIA-B"] if number % 10 > 4 else ["DIA-A"]
    goods = {UNTAXED: ["DIA-NCM"], DEAR: ["DIA-DEAR"]}.get(reference, usual)
    document = with_check_digits(f"{710000000 + number}")
    sale = {
        "reference": reference,
        "paid": reference != UNPAID,
        "payment_method": "pix",
        "tags": [TAG],
        "customer": {
            "name": f"Cliente {number}",
            "document": document,
            "email": f"{reference.lower()}@example.com",
        },
        "address": {
            "zip_code": "99999999" if reference == NOWHERE else "05010000",
            "number": "" if reference == NUMBERLESS else "741",
        },
        "lines": [{"sku": sku, "quantity": 1} for sku in goods],
    }
    placed = checkout.post("/sales", json=sale).raise_for_status().json()
    return Placed(reference, placed["id"], document, goods)


@pytest.fixture
def other(browser, live_shop, signed_in):
    """The page of a second person."""
    context = browser.new_context(base_url=live_shop.url, locale="pt-BR")
    page = context.new_page()
    signed_in(page, "manager")
    yield page
    context.close()


def change_at_once(page, other, sale_id: int) -> None:
    for each in (page, other):
        each.goto(f"/sales/{sale_id}/edit")
    page.locator("[name=freight]").fill("7,00")
    other.locator("[name='lines.0.quantity']").fill("2")
    for each in (page, other):
        save(each)
        each.wait_for_url(ORDER)


def mend_all(page) -> None:
    """From the one queue, the longest waiting first, by keyboard alone."""
    keys = {
        UNPAID: ("", ""),
        NUMBERLESS: ("Tab", "741"),
        NOWHERE: ("Control+A", "05010000"),
        UNTAXED: ("", NCM),
        DEAR: ("", ""),
    }
    page.goto("/attention")
    for reference, (key, typed) in keys.items():
        open_row(page, reference)
        if key:
            page.keyboard.press(key)
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        mended(page, reference)


def scans_of(placed: Placed) -> tuple[list[str], list[str], int]:
    """What is scanned for it at its turn, what only at last, and how many are refused."""
    slip, goods = placed.reference, placed.goods
    if placed.reference == UNPAID:
        return [slip, "DIA-A", *goods], [], 0
    match int(slip[-1]):
        case 5:  # another order's goods
            return [slip, "DIA-NCM", *goods], [], 1
        case 6:  # one too many
            return [slip, "DIA-A", *goods], [], 1
        case 7:  # one is missing, and is found in the evening
            return [slip, "DIA-B"], [slip, "DIA-A"], 0
        case 8:  # one more, after the parcel is closed
            return [slip, *goods, "DIA-B"], [], 1
    return [slip, *goods], [], 0


def in_parcels(shop) -> dict[str, Counter[str]]:
    """The contents of the closed parcels, by order."""
    rows = shop.execute(
        f"SELECT reference, parcels.items {OF_THE_DAY} "
        "JOIN packing_slips ON packing_slips.sale_id = sales.id "
        "JOIN parcels ON slip_id = packing_slips.id WHERE parcels.closed_at IS NOT NULL"
    )
    found: dict[str, Counter[str]] = {}
    for reference, items in rows:
        contents = found.setdefault(reference, Counter())
        for unit in json.loads(items):
            contents[unit["sku"]] += unit["quantity"]
    return found


def pack(page, shop, orders: list[Placed]) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/packing")
    plans = [scans_of(placed) for placed in orders]
    scan_many(page, [code for at_first, _last, _refused in plans for code in at_first])
    scan_many(page, [code for _first, at_last, _refused in plans for code in at_last])
    last = [plan[1][0] for plan in plans if plan[1]][-1]
    expect(answer(page)).to_contain_text(f"O pedido {last} está embalado")
    ordered = {placed.reference: Counter(placed.goods) for placed in orders}
    ordered[UNPAID]["DIA-A"] += 1
    assert in_parcels(shop) == ordered
    assert page.evaluate("sounds").count(LOW) == sum(plan[2] for plan in plans) > 0
    wait_until(lambda: page.evaluate("printed.length") == len(orders), why="each slip is printed")


def all_that_is(page, shipping: str, act: str) -> None:
    """A bulk act on these of today, in the order of their list."""
    page.goto(f"/bulk/new?tag={TAG}&shipping={shipping}&act={act}")


def done(page) -> None:
    page.get_by_role("button", name="Começar").click()
    expect(page.locator("#bulk-live")).to_have_attribute("data-status", "done")


def print_labels(page, orders: list[Placed]) -> None:
    all_that_is(page, "packed", "labels")
    done(page)
    file = page.locator(".card a[target=_blank]")
    expect(file).to_have_count(1)
    labels = texts(page.request.get(file.get_attribute("href")).body())
    for label, placed in zip(labels, orders, strict=True):
        assert format_document(placed.document) in label.split()


def ship(page, shop, references: list[str]) -> None:
    codes = [f"AA{reference[-2:]:0>9}BR" for reference in references]
    all_that_is(page, "packed", "ship")
    page.locator("[name=carrier]").fill("Correios")
    field = page.locator("[name=codes]")
    field.fill("\n".join([*codes[:2], "", *codes[3:-1], codes[0]]))
    page.get_by_role("button", name="Começar").click()
    refused = page.locator("#f-codes-error")
    expect(refused).to_contain_text(
        f"A linha 3 está em branco: o pedido {references[2]} fica sem código"
    )
    expect(refused).to_contain_text("já está na linha 1")
    assert told(shop) == []
    field.fill("\n".join(codes))
    done(page)
    # And by mistake once more.
    all_that_is(page, "shipped", "ship")
    page.locator("[name=carrier]").fill("Correios")
    page.locator("[name=codes]").fill("\n".join(codes))
    done(page)
    query = f"SELECT reference, tracking_code {OF_THE_DAY} WHERE shipping = 'shipped'"
    shipped = shop.execute(f"{query} ORDER BY reference DESC")
    assert shipped == list(zip(references, codes, strict=True))


def told(shop) -> list[str]:
    """Whom e-mails tell that their order was shipped."""
    rows = shop.execute(
        f"SELECT recipient {OF_THE_DAY} JOIN messages ON messages.sale_id = sales.id "
        "WHERE template = ? ORDER BY recipient DESC",
        SHIPPED,
    )
    return [recipient for (recipient,) in rows]


def test_a_day_from_the_first_order_to_the_last_parcel(page, other, live_shop, signed_in, watched):
    placed = come_in(live_shop)
    live_shop.execute(
        "UPDATE sales SET created_at = datetime(created_at, '-2 days') WHERE reference = ?", UNPAID
    )
    for reference in (NUMBERLESS, NOWHERE, UNTAXED, DEAR):
        waiting(live_shop, reference)
    signed_in(page, "reviewer")
    page.add_init_script(DEAF)
    change_at_once(page, other, next(each.sale_id for each in placed if each.reference == UNPAID))
    # Whoever leaves their page open would have it told of all that follows.
    other.close()
    mend_all(page)
    until_invoiced(live_shop, *(each.reference for each in placed))
    kept = live_shop.execute(
        "SELECT sales.freight, quantity FROM sales JOIN sale_lines ON sale_id = sales.id "
        "WHERE reference = ? ORDER BY position",
        UNPAID,
    )
    assert kept == [(700, 2)]

    of_today = placed[:PACKED]
    pack(page, live_shop, of_today)
    references = [each.reference for each in reversed(of_today)]
    print_labels(page, of_today[::-1])
    ship(page, live_shop, references)
    assert told(live_shop) == [f"{reference.lower()}@example.com" for reference in references]
    assert [text for text in watched if "422" not in text] == []
