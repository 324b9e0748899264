import pytest

from tests.support.authority_server import company, make_ca, serving
from webapp.authority.connections import client_of, context
from webapp.authority.sefaz import Breakers, Sefaz


@pytest.fixture(scope="session")
def ca():
    return make_ca()


@pytest.fixture(scope="session")
def shops(ca):
    """The shop's A1 certificate."""
    return company(ca)


@pytest.fixture(scope="session")
def running(ca):
    with serving(ca) as server:
        yield server


@pytest.fixture(scope="session")
def pool(ca, shops):
    with client_of(context(shops, ca.pem)) as pool:
        yield pool


@pytest.fixture
def server(running):
    """It remembers nothing, and nothing goes wrong."""
    running.sefaz.__init__()
    yield running
    running.sefaz.bad = ""


@pytest.fixture
def sefaz(server, pool):
    return Sefaz(pool, "SP", False, server.address, Breakers())
