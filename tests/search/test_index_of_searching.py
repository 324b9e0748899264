"""The search index follows its rows and answers by itself: what a search costs does not grow with
the shop."""

import pytest
from sqlalchemy import select, text

from tests.factories import make_product, make_sale
from tests.support.processed_sales import counted
from tests.support.query_plans import plan_of
from webapp.catalog.models import Product
from webapp.platform import searching
from webapp.platform.searching import ids_of, matching, needles_of
from webapp.sales.models import Sale

pytestmark = pytest.mark.both_databases


def found(db, q, model=Product):
    return db.session.scalars(select(model.id).where(matching(model, q)).order_by(model.id)).all()


def test_the_index_follows_what_is_added_changed_and_deleted(db):
    product = make_product(name="Caneca esmaltada", sku="FI-0002")
    for asked in ("caneca", "FI-0002", "fi0002", "esmaltada can"):
        assert found(db, asked) == [product.id], asked
    product.name, product.search_text = "Copo", "fi-0002 copo fi0002"
    db.session.commit()
    assert (found(db, "caneca"), found(db, "copo")) == ([], [product.id])
    db.session.execute(text("DELETE FROM stock_movements"))
    db.session.delete(product)
    db.session.commit()
    assert found(db, "copo") == []
    assert db.session.scalars(ids_of(Product, "copo")).all() == []


@pytest.mark.parametrize(
    ("asked", "fits"),
    [("jo", True), ("o", True), ("de", True), ("sa", False), ("eo", False), ("x", False)],
)
def test_a_short_word_is_the_beginning_or_the_end_of_one(db, asked, fits):
    buyer = {"name": "João de Souza", "document": "111.444.777-35", "email": "a@b.com"}
    sale = make_sale(customer=buyer, reference="R-77")
    assert (sale.id in found(db, asked, Sale)) is fits


def test_letters_that_stand_apart_are_no_word(db):
    """SQLite's index is asked for three trigrams of a word, wherever they stand."""
    kept = make_product(name="Livro de Marantos")
    apart = make_product(name="Rancho do mar dos gatos")
    assert found(db, "marantos") == [kept.id]
    assert set(db.session.scalars(ids_of(Product, "mar gatos"))) == {apart.id}


def test_a_cnpj_is_looked_for_by_what_others_have_not(db):
    """Those of head offices end alike, and of the longer ones the index is asked for the end."""
    ids = {
        cnpj: make_product(name=f"Caixa {cnpj}").id for cnpj in ("10164480000180", "20375580000180")
    }
    for asked in ("10164480000180", "10.164.480/0001-80"):
        assert found(db, asked) == [ids["10164480000180"]], asked
        assert db.session.scalars(ids_of(Product, asked)).all() == [ids["10164480000180"]], asked


@pytest.mark.parametrize("asked", ["001", "0012", "0012789", "51970001278", "000278", "WEB-001"])
def test_a_number_is_found_whatever_noughts_it_has(db, asked):
    product = make_product(name="Peça 51970001278 0012789 000278", sku="WEB-001")
    make_product(name="Peça 0012", sku="WEB-0012")
    assert product.id in found(db, asked)


@pytest.mark.parametrize("asked", ["77", "r77", "r-7", '77"', "'; --", "%", "\\", "NEAR(", "77*"])
def test_signs_are_letters_and_no_words_of_the_index_s_own(db, asked):
    sale = make_sale(reference="R-77")
    assert found(db, asked, Sale) == ([sale.id] if asked in ("77", "r77", "r-7") else [])


def test_a_common_word_is_looked_for_in_the_rows_and_finds_the_same(db, monkeypatch):
    ids = [make_product(name=f"Caneca {number}").id for number in range(3)]
    make_product(name="Copo")
    assert ids_of(Product, "caneca") is not None
    monkeypatch.setitem(searching.MANY, "products", 2)
    assert ids_of(Product, "caneca") is None
    assert found(db, "caneca") == found(db, "can eca") == ids


def test_a_common_word_is_known_past_a_run_of_other_orders(db, monkeypatch):
    """A firm's thousand orders of a morning, behind which every fifth buyer is a Silva."""
    silva = {"name": "Ana Silva", "document": "111.444.777-35", "email": "a@b.com"}
    ids = [make_sale(customer=silva, reference=f"R-{number}").id for number in range(3)]
    make_sale(reference="R-9")
    monkeypatch.setattr(searching, "LATEST", 1)
    for most, is_common in ((3, True), (4, False)):
        monkeypatch.setattr(searching, "MANY_OF_MORE", most)
        if db.engine.dialect.name == "sqlite":
            assert (ids_of(Sale, "silva") is None) is is_common, most
        assert found(db, "silva", Sale) == ids


def test_where_many_fit_the_names_are_walked_and_the_same_is_found(db, monkeypatch):
    ids = [make_product(name=f"A caneca {number}").id for number in range(4)]
    make_product(name="Copo")
    for bound, number in (("MANY_FOUND", 4), ("FEW_OF_LATEST", 4), ("A_PAGE", 3)):
        monkeypatch.setattr(searching, bound, number)
    listed = select(Product.id).where(matching(Product, "can"), Product.archived_at.is_(None))
    listed = listed.order_by(Product.name, Product.id).limit(3)
    assert db.session.scalars(listed).all() == ids[:3]
    plan = plan_of(db, listed)
    if db.engine.dialect.name == "sqlite":
        assert "SCAN products USING INDEX ix_products_on_sale_name" in plan
    else:
        assert "products_search" not in plan
    # Of which none is among the first names.
    for bound in ("FIRST_NAMES", "FIRST_ROWS"):
        monkeypatch.setattr(searching, bound, 2)
    assert ids_of(Product, "can") is not None and found(db, "can") == ids


def test_names_that_begin_so_are_not_walked_to(db, monkeypatch):
    """A list by name reads them by the index of names; what is left may be few."""
    ids = [make_product(name=f"{name} {number}").id for name in ("Can", "can") for number in (1, 2)]
    for bound, number in (("MANY_FOUND", 4), ("FEW_OF_LATEST", 4), ("A_PAGE", 3)):
        monkeypatch.setattr(searching, bound, number)
    plan = plan_of(db, select(Product.id).where(matching(Product, "can")))
    assert "products_search" in plan and "ix_products_on_sale_name" not in plan, plan
    assert found(db, "can") == ids


def test_where_the_latest_stand_first_no_names_are_asked_about(db, monkeypatch):
    """As programs have lists of products: which names come first says nothing of them."""
    ids = [make_product(name=f"Caneca {number}").id for number in range(4)]
    for bound, number in (("MANY_FOUND", 4), ("A_PAGE", 3), ("MANY_OF_MORE", 9)):
        monkeypatch.setattr(searching, bound, number)
    for few_of_latest in (4, 5):
        monkeypatch.setattr(searching, "FEW_OF_LATEST", few_of_latest)
        with counted() as said:
            listed = select(Product.id).where(matching(Product, "can", by_id=True))
            assert db.session.scalars(listed.order_by(Product.id.desc())).all() == ids[::-1]
        assert not [each for each in said if "ORDER BY products.name" in each]
        with counted() as said:
            matching(Product, "can")
        assert [each for each in said if "ORDER BY products.name" in each]


def test_a_search_reads_the_index_and_not_the_table(db):
    plan = plan_of(db, select(Sale.id).where(matching(Sale, "zzqqxx")))
    assert "sales_search" in plan
    for walked in ("SCAN sales\n", "SCAN sales ", "Seq Scan on sales "):
        assert walked not in plan + "\n", plan


def test_a_few_products_are_read_by_what_the_index_found(db):
    """PostgreSQL would rather walk all names, until a page is full."""
    wanted = [make_product(name=f"Bola jo{number}").id for number in (2, 1)]
    make_product(name="Copo")
    listed = select(Product.id).where(matching(Product, "jo")).order_by(Product.name, Product.id)
    assert db.session.scalars(listed.limit(51)).all() == wanted[::-1]
    if db.engine.dialect.name == "postgresql":
        plan = plan_of(db, listed.limit(51))
        assert "ANY" in plan and "InitPlan" in plan, plan


def test_each_word_is_asked_in_its_forms_and_without_accents():
    assert needles_of("José 05010-000") == [["jose"], ["05010-000", "05010000"]]
    assert needles_of("  ") == []
