"""Why a sale waits, in words, and where it is mended."""

import pytest

from tests.factories import make_product, make_sale, open_shop, work_off
from webapp.addresses.questions import TEXTS
from webapp.invoices.forms import RETURN_LABELS
from webapp.invoices.issues import issue_of
from webapp.sale_pages.fix_links import fix_link
from webapp.sales.models import Sale, Status
from webapp.staff.models import Role

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
    sale = Sale(id=7, customer_id=3, status=Status.ADDRESS)
    sale.needs_attention("address", question, field, params)
    return sale


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_question_of_an_address_has_words(code):
    text = issue_of(waiting(code, "address.street", **PARAMS)).text
    assert text and "%(" not in text


def test_a_failed_check_speaks_its_own_words_and_leads_to_the_product(db):
    open_shop()
    product = make_product(ncm="")
    sale = make_sale(sku=product.sku)
    work_off()
    issue = issue_of(sale)
    assert "NCM" in issue.text and product.sku in issue.text
    assert fix_link(issue, sale, Role.CLERK).url == f"/products/{product.id}/edit"


@pytest.mark.parametrize("code", sorted(RETURN_LABELS))
def test_a_reviewers_return_tells_their_comment(code):
    text = issue_of(waiting("returned", None, code=code, comment="Check the number")).text
    assert "Check the number" in text and str(RETURN_LABELS[code]) in text


def test_a_step_that_failed_hides_the_error_itself():
    text = issue_of(waiting("step_failed", None, error="KeyError: 'x'")).text
    assert "Try again" in text and "KeyError" not in text


@pytest.mark.parametrize(
    ("field", "url"),
    [
        ("address.street", "/sales/7?mend=address#address"),
        ("customer.document", "/customers/3/edit"),
        ("settings.issuer.cnpj", "/settings"),
        ("lines", "/sales/7"),
        ("payment_method", "/sales/7/invoice-details"),
        ("sale.payments", "/sales/7/invoice-details"),
        ("sale.channel", "/sales/7"),
        ("settings.partners", "/partners"),
        (None, None),
    ],
)
def test_the_link_leads_where_the_field_is(field, url):
    sale = waiting("zip_code_missing", field)
    link = fix_link(issue_of(sale), sale, Role.ADMIN)
    assert (link and link.url) == url


@pytest.mark.parametrize(
    ("field", "role"), [("settings.issuer.cnpj", Role.MANAGER), ("lines", Role.ACCOUNTANT)]
)
def test_no_link_leads_where_somebody_may_not_go(field, role):
    sale = waiting("zip_code_missing", field)
    assert fix_link(issue_of(sale), sale, role) is None


def test_nothing_waits_nothing_is_said():
    assert issue_of(Sale(id=7, customer_id=3, status=Status.OPEN)) is None
