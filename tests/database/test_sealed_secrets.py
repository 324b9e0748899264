"""A CSRT that stood in clear is sealed by the migration, and comes back by the way down."""

import flask_migrate
import pytest
from sqlalchemy import select, text

from webapp import migrations
from webapp.platform.sealed import seal
from webapp.store.models import Shop
from webapp.store.queries import CSRT, csrt_of, the_shop

pytestmark = [pytest.mark.both_databases, pytest.mark.operations]
BEFORE, AFTER = "0037", "0038"


def test_a_secret_is_opened_on_the_way_down_and_sealed_on_the_way_up(app, db):
    the_shop().csrt_id, the_shop().csrt_sealed = "01", seal(CSRT, b"G8063VRTNDMO886SFNK5")
    db.session.commit()
    migrations.bind(app)
    flask_migrate.downgrade(revision=BEFORE)
    assert db.session.scalar(text("SELECT csrt FROM shop")) == "G8063VRTNDMO886SFNK5"
    db.session.rollback()
    flask_migrate.upgrade(revision=AFTER)
    sealed = db.session.scalars(select(Shop.csrt_sealed)).one()
    assert b"G8063" not in sealed
    assert csrt_of(Shop(csrt_sealed=sealed)) == "G8063VRTNDMO886SFNK5"
    assert "csrt" not in db.session.execute(text("SELECT * FROM shop")).keys()
    db.session.rollback()
    flask_migrate.upgrade()
    assert csrt_of(the_shop()) == "G8063VRTNDMO886SFNK5"
