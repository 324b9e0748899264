"""The database's schema, version by version. Bound only by who migrates: a worker need not carry
Alembic."""

from pathlib import Path

import flask_migrate
from flask import Flask

from webapp.platform.database import db

_migrate = flask_migrate.Migrate(db=db, directory=str(Path(__file__).parent), render_as_batch=True)


def bind(app: Flask) -> Flask:
    """Lets `flask db …` know the app."""
    _migrate.init_app(app)
    return app


def upgrade(app: Flask) -> None:
    """Brings the app's database to the newest version."""
    with bind(app).app_context():
        flask_migrate.upgrade()
