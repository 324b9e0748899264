"""A shop's lookup of postal codes: a fresh table, a fake of every provider, and a real Redis when
asked for."""

import pytest
import redis
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from tests.support.postal_code_providers import FakeProviders
from webapp.addresses import providers
from webapp.addresses.lookup import Lookup
from webapp.addresses.registers import POSTAL_CODES
from webapp.platform import sqlite
from webapp.platform.settings import Settings


@pytest.fixture
def fake():
    with FakeProviders() as server:
        yield server


@pytest.fixture
def sessions(database_url):
    engine = create_engine(database_url)
    sqlite.prepare(engine)
    yield sessionmaker(engine)
    engine.dispose()


@pytest.fixture
def configured(fake, tmp_path):
    def make(*names):
        return Settings(
            data_dir=tmp_path,
            database_url="sqlite://",
            redis_url="",
            secret_key="-",
            viacep_url=fake.url("viacep"),
            cep_providers=names,
        )

    return make


@pytest.fixture
def make_lookup(fake, configured, sessions, monkeypatch):
    """A lookup whose configured providers are all on the fake server."""
    for name in ("brasilapi", "opencep", "awesomeapi"):
        real = getattr(providers, name)
        monkeypatch.setattr(providers, name, lambda real=real, name=name: real(fake.url(name)))

    made = []

    def make(*names, client=None, sources=None):
        made.append(
            Lookup(POSTAL_CODES, configured(*names or ("viacep",)), sessions, client, sources)
        )
        return made[-1]

    yield make
    for lookup in made:
        lookup.close()


@pytest.fixture
def redis_client(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
        yield client
