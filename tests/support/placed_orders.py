"""Products and orders of a running shop, sent without a browser: for tests of what comes after."""

import re

import httpx

from tests.services import Shop, wait_until
from tests.support.shop_tokens import token_of

BUYER = {
    "customer.name": "Beatriz “Bia” Conceição",
    "customer.document": "529.982.247-25",
    "customer.email": "bia@example.com",
    "lines.0.sku": "FI-0002",
    "lines.0.quantity": "2",
    "address.country": "BR",
    "address.zip_code": "05010000",
    "address.number": "741",
    "channel": "web",
    "payment_method": "pix",
    "paid": "1",
}


def add_product(shop: Shop, sku: str, name: str, **told: object) -> None:
    product = {"sku": sku, "name": name, "kind": "physical", "price": "49.95", "stock": 50}
    answer = httpx.post(
        f"{shop.url}/api/v1/products",
        headers={"Authorization": f"Bearer {token_of(shop)}"},
        json=product | told,
    )
    assert answer.status_code == 201, answer.text


def place_order(shop: Shop, reference: str, role: str = "clerk", **typed: str) -> str:
    """A paid order with that reference, `lines__0__sku="FI-0001"` and the like typed into its form.
    Its address."""
    name, _, value = shop.cookie(role).partition("=")
    with httpx.Client(base_url=shop.url) as client:
        client.cookies.set(name, value, domain="127.0.0.1")
        form = client.get("/sales/new").text
        hidden = {name: _value(form, name) for name in ("csrf_token", "form_key")}
        given = {name.replace("__", "."): text for name, text in typed.items()}
        answer = client.post("/sales", data=BUYER | hidden | given | {"reference": reference})
    assert answer.status_code == 303, re.findall(r'class="field-error[^>]*>[^<]*', answer.text)
    return answer.headers["Location"]


def _value(form: str, name: str) -> str:
    return re.search(rf'name="{name}"[^>]*? value="([^"]+)"', form)[1]


def until_invoiced(shop: Shop, *references: str) -> None:
    """Waits until their NF-e are authorized; asked of the database, which costs the shop
    nothing."""
    marks = ", ".join("?" * len(references))
    count = f"SELECT count(*) FROM sales WHERE status = 'invoiced' AND reference IN ({marks})"
    wait_until(lambda: shop.execute(count, *references) == [(len(references),)], why="invoiced")
