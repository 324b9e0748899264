"""A searched list by name begins with what a code names, then come the names that begin with what
was written, then the others; pages and walks go through it alike."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories import make_product, make_sale, sign_in
from tests.support.processed_sales import counted
from tests.support.query_plans import plan_of
from webapp.catalog.listing import PRODUCTS
from webapp.catalog.models import Product
from webapp.customers.listing import CUSTOMERS
from webapp.http.cursors import cursor_of, encode_cursor
from webapp.http.places import first_in, place_in
from webapp.platform.documents import with_check_digits
from webapp.platform.searching import matching, spellings_of

NAMES = (
    "A caneca",
    "CANECA ALTA",
    "CANECA 2",
    "Caneca",
    "Caneca",
    "Caneca de ágata",
    "Caneca De Vidro",
    "Canecão",
    "Canecz",
    "Cáneca",
    "Copo e caneca",
    "Zebra de caneca",
    "caneca azul",
    "caneca de vidro",
    "Ícaro",
    "ícaro e caneca",
    "ÍCARO",
    "10 canecas",
    "100 canecas",
    "De A a Z",
    "d'Ávila caneca",
    "D'ávila",
    "a´b caneca",
    "50% caneca_",
    "\U0001f3bf caneca",
    "\U0001f3bf",
)
WRITTEN = (
    *("caneca", "CANECA", "Caneca", "caneCA", "can", "ca", "c", "caneca de", "caneca de vidro"),
    *("ícaro", "icaro", "ÍCARO", "de a", "d'ávila", "a´b", "50%", "%", "_", "1", "10", "100"),
    *("\U0001f3bf", "z", " caneca ", "caneca\0", "SKU-3", "caneca " * 40, "ß", "copo"),
)


@pytest.fixture
def products(db):
    """Some of each kind of spelling, whose ids rise in no order of the names."""
    return [
        make_product(name=name, sku=f"SKU-{place}")
        for place, name in sorted(enumerate(NAMES), key=lambda pair: pair[1][::-1])
    ]


def stretch(product, written: str) -> int:
    """Which of the list's stretches it stands in."""
    spelt = spellings_of(written)
    if product.sku.lower() == written.strip().lower():
        return -1
    begun = (place for place, each in enumerate(spelt) if product.name.startswith(each))
    return next(begun, len(spelt))


def expected(db, written: str) -> list:
    found = db.session.scalars(select(Product).where(matching(Product, written))).all()
    return sorted(found, key=lambda each: (stretch(each, written), each.name, each.id))


def paged(written: str, limit: int) -> list[list]:
    pages, cursor = [], None
    while cursor or not pages:
        page = PRODUCTS.in_sorting({"q": written}).page(cursor, None, limit)
        pages.append(page.items)
        cursor = page.next_cursor
    return pages


@pytest.mark.both_databases
def test_every_spelling_is_paged_in_one_order_and_back(db, products):
    """From each row where the spellings are new, by large pages where they cut the list as those of
    an earlier text do."""
    met = set()
    for written in WRITTEN:
        order = expected(db, written)
        cut = *spellings_of(written), *(product.id for product in order)
        for limit in (7,) if cut in met else (1, 3):
            pages = paged(written, limit)
            assert [row for page in pages for row in page] == order, written
            for place, page in enumerate(pages[1:]):
                first = cursor_of(page[0], (Product.name, Product.id))
                back = PRODUCTS.in_sorting({"q": written}).page(None, first, limit)
                assert back.items == pages[place], (written, limit)
                assert bool(back.prev_cursor) is (place > 0) and back.next_cursor
        met.add(cut)


@pytest.mark.both_databases
def test_a_walk_meets_the_rows_as_the_pages_show_them(db, products):
    for written in ("caneca", "caneca de", "ícaro", "SKU-1", "de a"):
        order = [product.id for product in expected(db, written)]
        asked, met = {"q": written}, []
        beside = first_in(PRODUCTS.in_sorting(asked))
        while beside:
            cursor, row_id = beside
            met.append(row_id)
            place = place_in(PRODUCTS.in_sorting(asked), cursor, met)
            assert (place.ahead, place.rows, place.is_in) == (len(met) - 1, len(order), True)
            assert (place.before and place.before[1]) == (met[-2] if met[1:] else None)
            assert place.left_behind is None
            beside = place.after
        assert met == order
        # Who began in the middle is led to the first one of all at the end.
        place = place_in(PRODUCTS.in_sorting(asked), cursor, [row_id])
        assert place.left_behind and place.left_behind[1] == order[0]


def test_a_search_is_worked_through_from_its_first_hit(client, db):
    """That is the one whose code it is."""
    names = {"Zulu": "CAN", "A can": "X-1", "Can 2": "X-2", "can 1": "X-3", "Mocan": "X-4"}
    for name, sku in names.items():
        make_product(name=name, sku=sku)
    sign_in(client)
    address, met = client.get("/walks/products?q=can").location, []
    while address:
        page = client.get(address).text
        met.append(unescape(re.search(r"<h1[^>]*>([^<]+)", page)[1]).strip())
        following = re.search(r'href="([^"]+)" rel="\w+" data-key="ArrowRight"', page)
        address = following and unescape(following[1])
    assert met == ["Zulu", "Can 2", "can 1", "A can", "Mocan"]


@pytest.mark.both_databases
def test_a_cursor_of_a_row_that_is_gone_keeps_its_place(db, products):
    """Also between two stretches."""
    order = expected(db, "caneca")
    for name in ("CANECA 9", "Caneca", "Caneca zz", "Canecb", "caneca zz", "A", "Zz"):
        gone = [name, 10**9]
        behind = sorted(
            order + [Product(name=name, id=10**9, sku="gone")],
            key=lambda each: (stretch(each, "caneca"), each.name, each.id),
        )
        at = [each.id for each in behind].index(10**9)
        cursor = encode_cursor(gone)
        after = PRODUCTS.in_sorting({"q": "caneca"}).page(cursor, None, 3)
        before = PRODUCTS.in_sorting({"q": "caneca"}).page(None, cursor, 3)
        assert after.items == order[at : at + 3], name
        assert before.items == order[max(at - 3, 0) : at], name
        assert place_in(PRODUCTS.in_sorting({"q": "caneca"}), cursor).ahead == at, name


@pytest.mark.both_databases
def test_a_page_of_names_that_begin_so_asks_no_index_of_searching(db, products):
    with counted() as said:
        page = PRODUCTS.page({"q": "caneca"}, limit=4)
    assert [row.name for row in page.items[:2]] == ["CANECA 2", "CANECA ALTA"]
    assert len([each for each in said if each.startswith("SELECT")]) == 2
    assert not [each for each in said if "products_search" in each]
    with counted() as said:
        PRODUCTS.page({"q": "caneca"}, limit=20)
    assert len([each for each in said if each.startswith("SELECT")]) <= 4


@pytest.mark.both_databases
def test_a_page_of_names_is_read_by_their_index(db, products):
    """Of each spelling no more rows than a page has."""
    ordered = PRODUCTS.in_sorting({"q": "caneca", "view": "all"})
    for head in ordered.heads:
        rows = ordered.rows.where(head.fits).with_only_columns(*ordered.keys)
        plan = plan_of(db, rows.order_by(*ordered.keys).limit(51))
        assert re.search(r"(INDEX|Index Scan using) ix_products_\w*name", plan), plan
        assert not [step for step in plan.splitlines() if "B-TREE" in step or "Sort" in step], plan


@pytest.mark.both_databases
def test_the_pages_of_a_list_with_other_filters_agree(client, db, monkeypatch):
    monkeypatch.setattr("webapp.web.listings.Listing.page.__defaults__", (2, False))
    wanted = {}
    for name, kind in (
        ("Zine do mar", "physical"),
        ("Mar alto", "physical"),
        ("A mar", "physical"),
        ("MAR", "physical"),
        ("Mar de e-book", "ebook"),
        ("mar", "physical"),
    ):
        wanted[name] = make_product(name=name, kind=kind).id
    sign_in(client)
    address, met = "/products?q=mar&kind=physical", []
    while address:
        page = client.get(address).text
        met += [int(found) for found in re.findall(r'<tr id="product-(\d+)"', page)]
        following = re.search(r'rel="next"\s+href="([^"]+)"', page)
        address = following and unescape(following[1])
    assert met == [wanted[name] for name in ("MAR", "Mar alto", "mar", "A mar", "Zine do mar")]


@pytest.mark.both_databases
def test_people_are_found_by_the_beginnings_of_their_names(db):
    people = ("Ana Joana", "João Luz", "joana reis", "Joana Reis", "JOANA")
    for place, name in enumerate(people):
        make_sale(customer={"name": name, "document": with_check_digits(f"12345670{place}")})
    names = [row.name for row in CUSTOMERS.in_sorting({"q": "joana"}).page(None, None, 50).items]
    assert names == ["JOANA", "Joana Reis", "joana reis", "Ana Joana"]
    names = [row.name for row in CUSTOMERS.in_sorting({"q": "joana r"}).page(None, None, 50).items]
    assert names == ["Joana Reis", "joana reis"]


def test_other_orders_know_nothing_of_it(db, products):
    page = PRODUCTS.page({"q": "caneca", "sort": "-name"})
    names = [row.name for row in page.items]
    assert names == sorted(names, reverse=True)


@given(st.text(), st.text())
def test_no_spelling_begins_another(written, more):
    """Each row stands in one stretch."""
    spelt = spellings_of(written)
    assert spelt == sorted(spelt)
    begun = [each for each in spelt if (written.strip() + more).startswith(each)]
    assert len(begun) <= 1
    assert not [each for each in spelt for one in spelt if one != each and one.startswith(each)]
