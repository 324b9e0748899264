"""Makes the database ready, in one process so that a start is quick: migrations, and the demo shop into an empty one.

Prints how to sign in, for the supervisor to show once the shop is ready.
"""

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import flask_migrate
from webapp import create_app
from webapp.demo.load import EMAIL, PASSWORD, load_demo
from webapp.staff.queries import user_by_email
from webapp.tracking import acting_as


def prepare() -> str:
    """Answers how to sign in."""
    app = create_app()
    with app.app_context(), contextlib.redirect_stdout(sys.stderr):
        flask_migrate.upgrade()
        if app.extensions["settings"].demo:
            with acting_as("demo"):
                load_demo()
            return f"Sign in with the e-mail {EMAIL} and the password {PASSWORD}"
    return "Make the first sign-in with: .venv/bin/flask --app wsgi user create EMAIL --role admin --password-stdin"


if __name__ == "__main__":
    print(prepare())
