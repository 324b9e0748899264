"""An amount is read alike wherever a person writes one, and shown in fields as they would write
it."""

import re
from decimal import Decimal
from typing import Annotated

import pytest
from flask_babel import force_locale

from tests.catalog.test_bad_input import FORM
from tests.factories import make_product, sign_in
from webapp.catalog.models import Product
from webapp.customers.models import Agent
from webapp.http.formatting import money_text
from webapp.http.forms import BlankIsNone, Day, Money, Percent, Quantity, Shape, parse
from webapp.http.numbers import read_decimal
from webapp.platform.errors import Invalid
from webapp.rules.editing.posted import form_from

# What is written; what it is on a page in Portuguese; what on one in English.
AMOUNTS = [
    ("129.90", "129.90", "129.90"),
    ("129,90", "129.90", "129.90"),
    ("50", "50.00", "50.00"),
    ("12,", "12.00", "12.00"),
    ("12.", "12.00", "12.00"),
    ("1.234", "1234.00", None),
    ("1,234", None, "1234.00"),
    ("1.234,56", "1234.56", "1234.56"),
    ("1,234.56", "1234.56", "1234.56"),
    ("1 234,50", "1234.50", "1234.50"),
    ("1\u00a0234,50", "1234.50", "1234.50"),
    ("1\u202f234", "1234.00", "1234.00"),
    ("1.234.567", "1234567.00", "1234567.00"),
    ("R$ 1.234,5", "1234.50", "1234.50"),
    ("0.001", None, None),
    ("0,001", None, None),
    ("12 34", None, None),
    ("1.23.456", None, None),
    ("1.234,567", None, None),
    (",50", None, None),
    ("1e3", None, None),
    ("٣", None, None),
    ("", None, None),
]
LANGUAGES = [("pt_BR", 0), ("en", 1)]


@pytest.mark.parametrize(("locale", "which"), LANGUAGES)
@pytest.mark.parametrize(("written", *"pe"), AMOUNTS)
def test_an_amount_on_a_products_form(client, db, written, p, e, locale, which):
    sign_in(client, locale=locale)
    answer = client.post("/products", data=FORM | {"price": written})
    wanted = (p, e)[which]
    assert answer.status_code == (303 if wanted else 422)
    kept = db.session.scalar(db.select(Product.price))
    assert kept == (wanted and Decimal(wanted))


@pytest.mark.parametrize(("locale", "which"), LANGUAGES)
@pytest.mark.parametrize(("written", *"pe"), AMOUNTS)
def test_an_amount_in_the_rule_editor(app, written, p, e, locale, which):
    form = form_from(
        [
            ("when.field", ["item_price"]),
            ("when.op", ["gte"]),
            ("when.value", [written]),
            ("then.0.do", ["hold"]),
        ],
        locale == "pt_BR",
    )
    condition, wanted = form.to_json()["when"], (p, e)[which]
    assert condition["value"] == (wanted or written)
    assert bool(form.row_error("when")) is (wanted is None)


@pytest.mark.parametrize(
    ("written", "number"),
    [("-5,00", "-5.00"), ("\u22125", "-5"), ("1.2345", "1.2345"), ("9" * 16, None)],
)
def test_numbers_of_any_sign_and_places_are_read(written, number):
    assert read_decimal(written, brazilian=True) == (number and Decimal(number))


@pytest.mark.parametrize(
    ("locale", "price", "percent"), [("pt_BR", "1234,50", "2,50"), ("en", "1234.50", "2.50")]
)
def test_a_field_shows_a_decimal_as_its_reader_writes_it(client, db, locale, price, percent):
    sign_in(client, "manager", locale=locale)
    product = make_product(price=Decimal("1234.50"))
    agent = Agent(code="ANA", name="Ana", commission_percent=Decimal("2.50"))
    db.session.add(agent)
    db.session.commit()
    assert _value(client, f"/products/{product.id}/edit", "price") == price
    assert _value(client, f"/products/{product.id}/row?edit=1", "price") == price
    assert _value(client, f"/agents/{agent.id}/edit", "commission_percent") == percent


def _value(client, address: str, name: str) -> str:
    page = client.get(address).text
    field = re.search(rf'<input[^>]*\sname="{name}"[^>]*>', page).group(0)
    return re.search(r'\svalue="([^"]*)"', field).group(1)


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("pt_BR", ["R$\xa00,00", "R$\xa01.234.567,90", "-R$\xa00,05", "R$\xa01.000,00"]),
        ("en", ["R$0.00", "R$1,234,567.90", "-R$0.05", "R$1,000.00"]),
    ],
)
def test_an_amount_is_written_as_the_language_has_it(app, locale, written):
    with app.test_request_context(), force_locale(locale):
        amounts = map(Decimal, ("0.00", "1234567.90", "-0.05", "1000"))
        assert [money_text(amount) for amount in amounts] == written


class Asked(Shape):
    price: Money
    share: Percent
    day: Day
    units: Quantity
    cost: Annotated[Money | None, BlankIsNone] = None
    until: Annotated[Day | None, BlankIsNone] = None


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_number_is_asked_for_and_not_told_how_to_be_written(client, blank):
    with client.application.test_request_context(), force_locale("en"):
        with pytest.raises(Invalid) as caught:
            parse(Asked, dict.fromkeys(Asked.model_fields, blank), form=True)
        said = {error.field: str(error.message) for error in caught.value.errors}
    assert said == dict.fromkeys(("price", "share", "day", "units"), "Fill this in.")
