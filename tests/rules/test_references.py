"""What rules point at is looked up in the database, no more than is named, and an archived product
is refused."""

import pytest

from tests.factories import make_product, make_sale
from tests.support.processed_sales import agent, counted
from tests.support.rule_facts import rule
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.rule import parse_rule
from webapp.rules.linting.references import BATCH, gather, refused


def check(field, op, *value):
    return {"field": field, "op": op} | ({"value": value[0]} if value else {})


def parsed(when=None, then=None, **more):
    return parse_rule(rule("a", when, then, **more))


@pytest.fixture
def archived(db):
    product = make_product(sku="OLD-1")
    product.archive()
    db.session.commit()
    return product.sku


@pytest.mark.both_databases
def test_only_what_is_named_and_there_is_known(db, archived):
    make_product(sku="NEW-1"), make_product(sku="NEW-2")
    customer, code = str(make_sale().customer_id), agent("B7")
    known = gather(
        [
            parsed(
                check("item_sku", "in", ["OLD-1", "NONE"]), [{"do": "add_item", "sku": "NEW-1"}]
            ),
            parsed(
                {
                    "any": [
                        check("agent_id", "ne", code),
                        check("customer_id", "in", [customer, "007", "9" * 30, "nobody", "٣"]),
                    ]
                }
            ),
        ]
    )
    assert known.skus == {"OLD-1": "archived", "NEW-1": "active"}
    assert (known.agents, known.customers) == ({code}, {customer})
    assert "streaming_links" in known.templates and "gift_out_of_stock" in known.tasks


def test_thousands_of_names_are_asked_for_in_batches(db):
    names = [
        parsed(check("item_sku", "in", [f"S{part}-{number}" for number in range(500)]))
        for part in range(7)
    ]
    with counted() as said:
        gather([*names, *names])
    assert len(said) == 7 * 500 // BATCH


def test_nothing_named_is_nothing_asked(db):
    with counted() as said:
        gather([parsed()])
    assert said == []


@pytest.mark.parametrize(
    ("when", "then", "path"),
    [
        (check("item_sku", "eq", "OLD-1"), None, "when.value"),
        (
            {
                "not": {
                    "any": [
                        check("item_gift", "is_true"),
                        check("item_sku", "not_in", ["NEW-1", "OLD-1"]),
                    ]
                }
            },
            None,
            "when.not.any.1.value",
        ),
        (None, [{"do": "hold"}, {"do": "add_item", "sku": "OLD-1"}], "then.1.sku"),
    ],
)
def test_an_archived_product_is_refused_at_its_place(db, archived, when, then, path):
    chosen = parsed(when, then)
    (problem,) = refused(chosen, gather([chosen]))
    assert problem.path == path and "'OLD-1'" in problem.message
    off = parsed(when, then, enabled=False)
    assert refused(off, gather([off])) == []


def test_what_was_never_there_or_is_only_a_part_is_not_refused(db, archived):
    for when in (check("item_sku", "eq", "NONE"), check("item_sku", "contains", "OLD-1")):
        chosen = parsed(when)
        assert refused(chosen, gather([chosen])) == []


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("field", "written", "meant"),
    [
        ("item_category", "livros", "Livros"),
        ("item_category", "Livros ", "Livros"),
        ("item_author", "Ines Prado", "Inês Prado"),
        ("item_name", "Cantil da serra", "Cantil de serra"),
        ("membership_plan", "anual", "Anual"),
        ("sale_channel", "Balcao da loja", "store"),
        ("sale_channel", "Marketplaces", "marketplace"),
        ("sale_tags", "Presentes", "Presente"),
        ("item_category", "Xyz", ""),
    ],
)
def test_a_value_that_is_nowhere_is_told_with_the_one_that_looks_like_it(db, field, written, meant):
    make_product(sku="C-1", name="Cantil de serra", category="Livros")
    make_product(sku="C-2", author="Inês Prado", royalty_percent="10")
    make_product(sku="C-3", kind="membership", plan="Anual")
    make_sale(channel="marketplace", tags=["Presente", "vip"])
    named = parsed(check(field, "in", [written, *([meant] if meant else [])]))
    kind = FIELDS[field].names
    assert gather([named]).absent == {(kind, written): meant}


def test_of_several_tags_each_is_looked_for(db):
    make_sale(tags=["Presente", "vip"])
    named = parsed(
        {"any": [check("sale_tags", "eq", tags) for tags in ("Presente, vip", "vip, Natal")]}
    )
    assert gather([named]).absent == {("tag", "Natal"): ""}


def test_every_text_field_says_what_its_values_name():
    assert [key for key, field in FIELDS.items() if field.type == "text" and not field.names] == []
