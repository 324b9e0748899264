"""Two first sales of one customer in the same moment make one customer."""

import threading

import pytest

from tests.factories import make_product, sale_body
from tests.support.transactions import in_transaction
from webapp.customers.models import Customer
from webapp.http.forms import parse
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import create_sale


@pytest.mark.both_databases
def test_both_sales_are_placed_for_the_same_customer(app, db):
    make_product(sku="BOOK-1")
    db.session.rollback()
    ready, failures = threading.Barrier(4), []

    def checkout():
        try:
            with app.app_context():
                wanted = parse(SaleIn, sale_body())
                ready.wait(10)
                in_transaction(lambda: create_sale(wanted).id)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=checkout) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert db.session.scalar(db.select(db.func.count(Sale.id))) == 4
    assert db.session.scalar(db.select(db.func.count(Customer.id))) == 1
