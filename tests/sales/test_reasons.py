"""Why a sale waits, in words, and where it is mended."""

import pytest

from tests.factories import make_product, make_sale, open_shop, work_off
from webapp.addresses.questions import _TEXTS
from webapp.invoices.forms import RETURN_LABELS
from webapp.sale_pages.reasons import mend_of, reason_text
from webapp.sales.models import Sale, Status

PARAMS = {
    name: "x"
    for name in (
        "zip_code",
        "found_city",
        "found_state",
        "typed",
        "city",
        "state",
        "number",
        "range",
        "unit",
    )
}


@pytest.fixture(autouse=True)
def request_context(app, db):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def waiting(question: str, field: str | None, **params) -> Sale:
    sale = Sale(id=7, customer_id=3)
    sale.ask("address", question, field, params)
    return sale


@pytest.mark.parametrize("code", sorted(_TEXTS))
def test_every_question_of_an_address_has_words(code):
    text = reason_text(waiting(code, "address.street", **PARAMS))
    assert text and "%(" not in text


def test_a_failed_check_speaks_its_own_words_and_leads_to_the_product(db):
    open_shop()
    product = make_product(ncm="")
    sale = make_sale(sku=product.sku)
    work_off()
    assert "NCM" in reason_text(sale) and product.sku in reason_text(sale)
    assert mend_of(sale).url == f"/products?q={product.sku}"


@pytest.mark.parametrize("code", sorted(RETURN_LABELS))
def test_a_reviewers_return_tells_their_comment(code):
    text = reason_text(waiting("returned", None, code=code, comment="Check the number"))
    assert "Check the number" in text and str(RETURN_LABELS[code]) in text


def test_a_step_that_failed_hides_the_error_itself():
    text = reason_text(waiting("step_failed", None, error="KeyError: 'x'"))
    assert "Try again" in text and "KeyError" not in text


@pytest.mark.parametrize(
    ("field", "url"),
    [
        ("address.street", "/sales/7?mend=address#address"),
        ("customer.document", "/customers/3"),
        ("settings.issuer.cnpj", "/settings"),
        ("lines", "/sales/7"),
        ("payment_method", "/sales/7"),
        (None, "/sales/7"),
    ],
)
def test_the_mend_leads_where_the_field_is(field, url):
    assert mend_of(waiting("zip_code_missing", field)).url == url


def test_nothing_waits_nothing_is_said():
    sale = Sale(id=7, customer_id=3, status=Status.OPEN)
    assert reason_text(sale) is None and mend_of(sale) is None
