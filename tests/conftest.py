"""Fixtures that every test may use. Servers are real and start once, when the first test asks for
them.

`app`, `client` and `db` work on a fresh, migrated SQLite file; a test marked `both_databases` runs
on PostgreSQL too, but in a fast run. Override `settings` in a test file to run its app with other
settings.
"""

import contextvars
import os
import secrets
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import pytest
import redis
from _sessions import Guardian
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from tests import programs, services
from tests.support.api_contract import check_answer
from tests.support.fresh_databases import PostgresDatabase, SqliteDatabase, make_pristine
from tests.support.mail_server import mail_server
from tests.support.worlds import Worlds, note_patches, patches
from webapp import create_app, migrations
from webapp.platform import clock
from webapp.platform.database import db as database
from webapp.platform.settings import Settings
from webapp.platform.storage import Storage
from webapp.processing import sweeping
from webapp.staff import models as staff_models

clock.move(int(os.environ.get("CLOCK_AHEAD", 0)))
pytest_plugins = ["tests.support.plugins"]
note_patches()
# Directories whose tests begin with what earlier ones began with.
ALIKE = ("attention", "closings", "fulfilment", "invoices", "messages", "processing", "sales")
ALIKE += ("payments", "rules")


# Servers


@pytest.fixture(scope="session")
def folder():
    """For the sockets and data of this worker."""
    with services.short_folder() as name:
        Path(name).chmod(0o755)  # PostgreSQL's user passes through it
        yield Path(name)


@pytest.fixture(scope="session")
def guardian():
    """Starts servers that end with the tests, even when those are killed."""
    guardian = Guardian(dict(os.environ))
    yield guardian
    guardian.close()


@pytest.fixture(scope="session")
def redis_url(folder, guardian):
    home = folder / "redis"
    home.mkdir(mode=0o700)
    with services.redis_server(home, guardian) as url:
        yield url


@pytest.fixture(scope="session")
def pristine_postgres(folder, guardian, migrate, made_once):
    """What a PostgreSQL server keeps with a database `pristine`, as the migrations make it."""
    services.needed(programs.postgres() or programs.postgres_wheel(), "PostgreSQL")

    def make(kept):
        home = folder / "pristine"
        home.mkdir(mode=0o700)
        server = services.Postgres(home, guardian)
        server.start()
        make_pristine(server, migrate)
        server.stop()
        server.data.rename(kept / "data")

    return made_once("postgres", make) / "data"


@pytest.fixture(scope="session")
def make_postgres(folder, guardian, pristine_postgres):
    """Starts a server of that name which has `pristine` alone."""

    @contextmanager
    def make_postgres(name: str):
        home = folder / name
        home.mkdir(mode=0o700)
        server = services.Postgres(home, guardian)
        server.run_on_copy_of(pristine_postgres)
        yield server
        server.stop()

    return make_postgres


@pytest.fixture(scope="session")
def postgres(make_postgres):
    """The PostgreSQL server, with an empty database for whoever needs one."""
    with make_postgres("postgres") as server:
        yield server


# Databases


def pytest_generate_tests(metafunc):
    if "database_kind" in metafunc.fixturenames and metafunc.definition.get_closest_marker(
        "both_databases"
    ):
        kinds = ["sqlite"] if metafunc.config.getoption("fast") else ["sqlite", "postgresql"]
        metafunc.parametrize("database_kind", kinds)


@pytest.fixture
def database_kind():
    return "sqlite"


@pytest.fixture(scope="session")
def base_settings(folder, redis_url):
    return Settings(
        data_dir=folder,
        database_url="sqlite://",
        redis_url=redis_url,
        secret_key=secrets.token_hex(),
        cep_providers=("sample",),
        # Of all tests together, not of a worker.
        worker_memory_mb=1_000_000,
    )


@pytest.fixture(scope="session")
def migrate(base_settings):
    """Gives the database of an address its schema, as the migrations make it."""

    def migrate(url: str) -> None:
        app = create_app(replace(base_settings, database_url=url))
        migrations.upgrade(app)
        with app.app_context():
            database.engine.dispose()

    return migrate


@pytest.fixture(scope="session")
def pristine_sqlite(migrate, made_once) -> bytes:
    """What a file of SQLite holds, as the migrations make it."""

    def make(kept):
        migrate(f"sqlite:///{kept / 'template.sqlite3'}")

    return (made_once("sqlite", make) / "template.sqlite3").read_bytes()


@pytest.fixture(scope="session")
def sqlite_database(folder, pristine_sqlite):
    return SqliteDatabase(folder, pristine_sqlite)


@pytest.fixture(scope="session")
def postgres_database(postgres, apps):
    def pools():
        for app in apps.values():
            with app.app_context():
                if database.engine.dialect.name == "postgresql":
                    yield database.engine

    kept = PostgresDatabase(postgres, pools)
    yield kept
    kept.close()


@pytest.fixture
def database_url(database_kind, request):
    """The address of a database with the schema and nothing in it."""
    kind = "postgres" if database_kind == "postgresql" else database_kind
    return request.getfixturevalue(f"{kind}_database").fresh()


# The mail


@pytest.fixture(scope="session")
def _mail_server():
    with mail_server() as inbox:
        yield inbox


@pytest.fixture
def inbox(_mail_server):
    """A mail server with nothing in it that takes everything."""
    _mail_server.empty()
    return _mail_server


@pytest.fixture
def mail_settings(base_settings, database_url, inbox):
    """Of a shop whose e-mails have somewhere to go: the same for all tests, so that they share an
    app."""
    return replace(base_settings, database_url=database_url, smtp_url=inbox.url)


# The app

# What an app is made by; all else of its settings is read when it is asked for.
MADE_BY = attrgetter(
    "database_url",
    "redis_url",
    "secret_key",
    "proxies",
    "hsts_subdomains",
    "public_url",
    "log_format",
)
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def as_cheap_as_can_be():
    """A password's hash is dear in life, on purpose; here it costs nothing. What a sweeper owes by
    the hour of the day is asked for by the tests of that alone."""
    with pytest.MonkeyPatch.context() as replacing:
        replacing.setattr(staff_models, "HASHER", QUICK)
        replacing.setattr(sweeping, "owe_recurring", lambda: 0)
        patches.clear()
        yield


def pytest_runtest_setup():
    patches.clear()


@pytest.fixture
def settings(base_settings, database_url):
    return replace(base_settings, database_url=database_url)


@pytest.fixture(scope="session")
def apps():
    """Those that tests have made, by what of the settings an app is made by."""
    made: dict[tuple, Flask] = {}
    yield made
    for app in made.values():
        let_go(app)


def let_go(app: Flask) -> None:
    with app.app_context():
        database.engine.dispose()


@pytest.fixture(scope="session")
def make_app(common, apps):
    """Makes an app by its settings, or has it from an earlier test, with the statements and
    the templates that it has read. Those are compiled once for all apps, and for all workers."""
    compiled = common / "templates"
    compiled.mkdir(exist_ok=True)
    templates = FileSystemBytecodeCache(str(compiled))

    def make_app(settings: Settings) -> Flask:
        key = MADE_BY(settings)
        if key not in apps:
            apps[key] = create_app(settings)
            apps[key].jinja_env.bytecode_cache = templates
            apps[key].test_client_class = Client
        set_to(settings, apps[key])
        apps[key].extensions.pop("world", None)
        return apps[key]

    return make_app


def set_to(settings: Settings, app: Flask) -> None:
    """Lets the app go by these, and leave what it made by others; some tests change them."""
    if app.extensions["settings"] == settings:
        return
    app.extensions["settings"] = settings
    app.extensions["storage"] = Storage(settings.data_dir)
    for name in ("lookup", "company_lookup"):
        if kept := app.extensions.pop(name, None):
            kept.close()


@pytest.fixture(scope="session")
def _redis(redis_url):
    """One connection for all tests: making one takes longer than emptying the server."""
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


@pytest.fixture(scope="session")
def worlds(base_settings):
    return Worlds(base_settings)


@pytest.fixture
def app(request, settings, make_app, _redis, worlds):
    """The app on a fresh database and an empty Redis, with no context pushed."""
    _redis.flushall()
    app = make_app(settings)
    # That Redis once answered late on a busy machine is no matter of the next test's.
    app.extensions["redis"].get_retry().away_until = 0.0
    # Rules stay parsed and compiled by version, sums of a month are kept, each database begins
    # anew, and no process runs.
    for name in ("rule_books", "rule_sets", "kept", "watch"):
        app.extensions.pop(name, None)
    if request.node.path.relative_to(Path(__file__).parent).parts[0] in ALIKE:
        worlds.begin(app)
    yield app
    with app.app_context():
        engine = database.engine
        # A connection to PostgreSQL has read the catalogue: the next test goes on with it.
        if engine.dialect.name == "sqlite" or engine.pool.checkedout():
            engine.dispose()


class Client(FlaskClient):
    """A client whose requests have a context of their own, as in life, also while the test holds
    the `db` fixture. Each answer under /api/v1 must be as the API's document declares it."""

    def open(self, *args, **kwargs):
        if has_app_context():
            session = database.session
            assert not (session.new or session.dirty or session.deleted), (
                "commit first: a request does not see what is not"
            )
            # ends the test's transaction, which would lock the request out, and loads afresh after
            # it
            session.commit()
        answer = contextvars.Context().run(super().open, *args, **kwargs)
        check_answer(self.application, answer)
        return answer


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def db(app):
    """`db` within an app context of the test's own."""
    with app.app_context():
        yield database
        database.session.rollback()


# The whole shop, and people in front of it


@pytest.fixture
def shop(tmp_path, guardian):
    """Makes shops of the test's own, started by `bin/run`: `shop(DEMO="0").start()`."""
    made = []

    def make(program: str = "bin/run", **kept: str) -> services.Shop:
        made.append(services.Shop(tmp_path / f"shop{len(made)}", guardian, program, **kept))
        return made[-1]

    yield make
    for each in made:
        if each.process:
            each.stop()


@pytest.fixture(scope="session")
def xmlsec1():
    """The program that checks XML signatures independently of our code."""
    return services.needed(programs.xmlsec1(), "xmlsec1")
