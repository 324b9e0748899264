"""The web server's entry: `gunicorn wsgi:app`, and the `flask --app wsgi …` commands."""

import sys

from webapp import create_app, migrations
from webapp.platform.settings import SettingsError

try:
    app = migrations.bind(create_app())
except SettingsError as error:
    sys.exit(f"balcao: {error}")
