"""The database's schema, version by version. Bound only by who migrates: a worker need not carry
Alembic."""

from pathlib import Path

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask

from webapp.platform.database import db

_FOLDER = str(Path(__file__).parent)
_migrate = flask_migrate.Migrate(db=db, directory=_FOLDER, render_as_batch=True)


def bind(app: Flask) -> Flask:
    """Lets `flask db …` know the app."""
    _migrate.init_app(app)
    return app


def knows(revision: str) -> bool:
    """Whether this program can read a database of that version, and bring it to its own."""
    return revision in {each.revision for each in ScriptDirectory(_FOLDER).walk_revisions()}


def upgrade(app: Flask) -> None:
    """Brings the app's database to the newest version."""
    with bind(app).app_context():
        flask_migrate.upgrade()
