"""A step reads what its batch needs, and changes its rows, in a fixed number of statements, however
many rows it takes."""

import time

import pytest
from sqlalchemy import event

from tests.factories import make_sale, open_shop
from tests.support.released_notes import hold_every_note, release_every_note
from webapp.platform.database import db as database
from webapp.processing.address_step import AddressStep
from webapp.processing.invoice_steps import BuildStep, SignStep
from webapp.processing.mail_step import MailStep
from webapp.processing.rules_step import RulesStep
from webapp.processing.send_step import SendStep

pytestmark = pytest.mark.both_databases
WAY = (AddressStep, RulesStep, BuildStep, SignStep, SendStep, MailStep)
CUSTOMER = {"name": "Ana", "document": "111.444.777-35", "email": "ana@example.com"}


@pytest.fixture
def statements(db):
    executed = []

    def note(_connection, _cursor, statement, *_others):
        # SQLite takes new rows one by one, to tell their ids in order.
        if not statement.startswith("INSERT"):
            executed.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield executed
    event.remove(database.engine, "before_cursor_execute", note)


def _statements_of_a_batch(sales: int, statements: list[str]) -> dict[str, int]:
    """How many each step of the way takes, which has all the sales at once."""
    for _number in range(sales):
        make_sale(customer=CUSTOMER)
    counted = {}
    for step in WAY:
        if step is SignStep:
            release_every_note()
        time.sleep(0.002)
        database.session.remove()
        statements.clear()
        step().run()
        counted[step.__name__] = len(statements)
    return counted


@pytest.mark.parametrize("held", [False, True], ids=["signed-at-once", "released"])
def test_the_statements_of_a_batch_do_not_grow_with_its_rows(db, statements, held):
    open_shop()
    if held:
        hold_every_note()
    _statements_of_a_batch(1, statements)
    few, many = _statements_of_a_batch(2, statements), _statements_of_a_batch(5, statements)
    assert few == many
