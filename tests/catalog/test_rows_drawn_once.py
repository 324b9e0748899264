"""What hundreds of open pages fetch when a product changed: its row is drawn once for all who see
it alike, and a list comes without what stands around it."""

from tests.factories import make_product, sign_in
from webapp.catalog import pages
from webapp.catalog.models import move_stock


def test_a_row_is_drawn_once_a_language_and_anew_when_it_changed(client, app, db, monkeypatch):
    product = make_product(stock=7)
    drawn, kept = [], pages.kept
    monkeypatch.setattr(
        pages,
        "kept",
        lambda name, mark, make: kept(name, mark, lambda: drawn.append(name[-1]) or make()),
    )

    def row(locale):
        other = app.test_client()
        sign_in(other, locale=locale)
        return other.get(f"/products/rows?ids={product.id}").text

    first = row("en")
    assert first.count("<tr ") == 1 and ">7</td>" in first and "Change price and stock" in first
    assert row("en") == first and drawn == ["en"]
    assert row("pt_BR") != first and drawn == ["en", "pt_BR"]

    move_stock(db.session, product.id, product.sku, -3, "count")
    db.session.commit()
    assert ">4</td>" in row("en") and drawn == ["en", "pt_BR", "en"]


def test_what_an_open_page_fetches_by_itself_has_no_menu(client, db):
    product = make_product()
    sign_in(client)
    whole = client.get("/products").text
    fetched = client.get("/products", headers={"HX-Request": "true", "X-Unattended": "1"}).text
    assert "<aside" in whole and "side-bar" in whole
    assert fetched.lstrip().startswith("<main") and "side-bar" not in fetched
    assert f'id="product-{product.id}"' in fetched and 'id="product-rows"' in fetched
