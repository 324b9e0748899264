"""bin/console: a shell within the app, with what one asks for there at hand."""

import code
import contextlib
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _prepare import prepare
from flask import Flask
from sqlalchemy import func, select

from webapp import create_app
from webapp.audit.tracking import acting_as
from webapp.platform.database import db
from webapp.platform.settings import Settings

BANNER = """\
Balcão, on {database}
  every model by its name            db.session.get(Sale, 1)
  db, select, func                   db.session.commit() keeps what you changed
  factories: what tests are made of  factories.make_sale(reference="A-1")
  work_off                           does what background work is due, here and now"""


def run() -> None:
    """Runs what is piped in, or talks with the person at the terminal."""
    prepare()
    app = create_app(_settings())
    with app.app_context(), acting_as("console"):
        names = namespace(app)
        if sys.stdin.isatty():
            _complete(names)
            code.interact(
                BANNER.format(database=db.engine.url.render_as_string()), local=names, exitmsg=""
            )
        else:
            exec(compile(sys.stdin.read(), "<standard input>", "exec"), names)


def namespace(app: Flask) -> dict[str, Any]:
    """What stands ready, by name."""
    models = {model.__name__: model for model in db.Model.__subclasses__()}
    factories = importlib.import_module("tests.factories")
    tools = {"app": app, "db": db, "select": select, "func": func}
    return models | tools | {"factories": factories, "work_off": factories.work_off}


def _settings() -> Settings:
    """The environment's, with the Redis of the shop that runs on this DATA_DIR, should one run."""
    env = dict(os.environ)
    with contextlib.suppress(OSError, ValueError):
        listed = Settings.from_env(env).data_dir / "processes.json"
        env.setdefault("REDIS_URL", json.loads(listed.read_text())["redis_url"])
    return Settings.from_env(env)


def _complete(names: dict[str, Any]) -> None:
    # A Python may be built without it.
    with contextlib.suppress(ImportError):
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")


if __name__ == "__main__":
    run()
