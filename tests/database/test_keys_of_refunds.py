"""Keys of refunds from before there was one store of keys are known afterwards, and back."""

import flask_migrate
import pytest
from sqlalchemy import text

from tests.processing.test_refunds import manager, refund, three_books
from webapp import migrations

pytestmark = [pytest.mark.both_databases, pytest.mark.operations]
BEFORE = "0003"


def test_a_refund_keeps_its_key_through_the_migration(app, client, db):
    calls, sale = manager(client), three_books()
    first = refund(calls, sale, (1, 1), Idempotency_Key="R-1").json["refund"]
    migrations.bind(app)
    flask_migrate.downgrade(revision=BEFORE)
    assert len(db.session.scalar(text("SELECT key FROM refunds"))) == 64
    assert db.session.scalar(text("SELECT count(*) FROM idempotency_keys WHERE key <> ''")) == 0
    db.session.rollback()
    flask_migrate.upgrade()
    again = refund(calls, sale, (1, 1), Idempotency_Key="R-1")
    assert (again.status_code, again.json["refund"]) == (200, first)
    assert refund(calls, sale, (1, 2), Idempotency_Key="R-1").status_code == 409
