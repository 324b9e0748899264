"""Makes the database ready, in one process so that a start is quick: migrations, and the demo shop
into an empty one.

Prints how to sign in, for the supervisor to show once the shop is ready; or, with exit code 1, why
it cannot go on.
"""

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from webapp import create_app, migrations
from webapp.audit.tracking import acting_as
from webapp.demo.load import load_demo
from webapp.fiscal.certificate import CertificateError, load
from webapp.platform.database import db
from webapp.staff.models import User
from webapp.staff.passwords import DEMO_PASSWORD, DEMO_USERS

DEMO = """\
Sign in with the e-mail admin@balcao.example and the password {password}
(the other roles the same way: {others})"""
EMPTY = """\
Make the first person who can sign in:
  .venv/bin/flask --app wsgi user create EMAIL --role admin --password-stdin"""


def prepare() -> str:
    """Answers how to sign in."""
    app = create_app()
    settings = app.extensions["settings"]
    if settings.nfe_certificate:
        load(settings.nfe_certificate, settings.nfe_certificate_password)
    with contextlib.redirect_stdout(sys.stderr):
        migrations.upgrade(app)
        with app.app_context(), acting_as("demo"):
            if settings.demo:
                load_demo()
            return how_to_sign_in(settings.demo)


def how_to_sign_in(demo: bool) -> str:
    """What fits the people who are there; nothing for a shop that has its own."""
    people = set(db.session.scalars(select(User.email)))
    if not people:
        return EMPTY
    others = [f"{role}@balcao.example" for role in DEMO_USERS if role != "admin"]
    return (
        DEMO.format(password=DEMO_PASSWORD, others=", ".join(others))
        if demo and people.issuperset(others)
        else ""
    )


def main() -> None:
    try:
        print(prepare())
    except OperationalError as error:
        print(f"the database does not answer: {str(error.orig).splitlines()[0]}")
        sys.exit(1)
    except CertificateError as error:
        print(f"NFE_CERTIFICATE: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
