"""A CSRT that stood in clear is sealed by the migration, and comes back by the way down."""

import flask_migrate
import pytest
from sqlalchemy import text

from webapp import migrations
from webapp.store.queries import csrt_of, the_shop

pytestmark = pytest.mark.both_databases


def test_a_secret_is_sealed_on_the_way_up_and_opened_on_the_way_down(app, db):
    migrations.bind(app)
    flask_migrate.downgrade(revision="0037")
    db.session.execute(text("UPDATE shop SET csrt_id = '01', csrt = 'G8063VRTNDMO886SFNK5'"))
    db.session.commit()
    flask_migrate.upgrade()
    shop = the_shop()
    assert b"G8063" not in shop.csrt_sealed and csrt_of(shop) == "G8063VRTNDMO886SFNK5"
    db.session.rollback()
    flask_migrate.downgrade(revision="0037")
    assert db.session.scalar(text("SELECT csrt FROM shop")) == "G8063VRTNDMO886SFNK5"
