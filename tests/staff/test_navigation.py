"""The menu shows where one is."""

import pytest
from lxml import html

from tests.factories import make_product, sign_in


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/", "Home"),
        ("/products/new", "Products"),
        ("/agents", "Customers"),
        ("/staff/new", "Staff"),
        ("/audit", "Audit"),
        ("/tasks", "Tasks"),
        ("/account", None),
        ("/search", None),
    ],
)
def test_the_entry_that_a_page_belongs_to_is_marked(client, db, path, entry):
    sign_in(client, "admin")
    page = html.fromstring(client.get(path).text)
    marked = page.xpath("//aside//a[@aria-current='page']/span[@class='side-label']/text()")
    assert [text.strip() for text in marked if text.strip()] == ([entry] if entry else [])


def test_a_product_s_page_belongs_to_the_products(client, db):
    sign_in(client)
    page = html.fromstring(client.get(f"/products/{make_product().id}").text)
    assert page.xpath("//aside//a[@aria-current='page']/@href") == ["/products"]
