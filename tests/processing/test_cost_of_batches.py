"""A step reads what its batch needs in a fixed number of queries, however many rows it takes."""

import time

import pytest
from sqlalchemy import event

from tests.factories import make_sale, open_shop
from webapp.platform.database import db as database
from webapp.processing.address_step import AddressStep
from webapp.processing.invoice_steps import BuildStep, SendStep, SignStep
from webapp.processing.mail_step import MailStep
from webapp.processing.rules_step import RulesStep

WAY = (AddressStep, RulesStep, BuildStep, SignStep, SendStep, MailStep)
CUSTOMER = {"name": "Ana", "document": "111.444.777-35", "email": "ana@example.com"}


@pytest.fixture
def reads(db):
    statements = []

    def note(_connection, _cursor, statement, *_others):
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def _reads_of_a_batch(sales: int, reads: list[str]) -> dict[str, int]:
    """Queries of each step of the way, which has all the sales at once."""
    for _number in range(sales):
        make_sale(customer=CUSTOMER)
    counted = {}
    for step in WAY:
        time.sleep(0.002)
        database.session.remove()
        reads.clear()
        step().run()
        counted[step.__name__] = len(reads)
    return counted


def test_the_queries_of_a_batch_do_not_grow_with_its_rows(db, reads):
    open_shop()
    _reads_of_a_batch(1, reads)
    few, many = _reads_of_a_batch(2, reads), _reads_of_a_batch(5, reads)
    assert few == many
